import { FailureReason } from '../../conversion-report.js';
import { DueMoment, QueuedReport, ReportQueue } from '../../delivery/report-queue.js';
import { ConversionStorageHost } from '../conversion-storage.js';
import { Ledger } from './ledger.js';
import { AgendaEntry } from './tables.js';

/** Runs a piece of bookkeeping as one transaction; resolves once it can't be forgotten. */
export type Transact = <T>(work: (ledger: Ledger) => T, urgency?: 'now' | 'soon') => Promise<T>;

/** The delivery loop's view of a ledger: reads at once, writes in transactions. */
export class LedgerQueue implements ReportQueue {
  readonly #mending = new Set<number>();

  constructor(
    private readonly books: Ledger,
    private readonly transact: Transact,
    private readonly host: Pick<ConversionStorageHost, 'emit' | 'logger'>,
  ) {}

  due(moment: DueMoment, limit: number, skip: (key: number) => boolean): QueuedReport[] {
    const { reports, unreadable } = this.books.due(moment, limit, skip);
    for (const entry of unreadable) this.#mend(entry, moment.now);
    return reports;
  }

  nextDue(skip: (key: number) => boolean): number | undefined {
    return this.books.nextDue(skip);
  }

  begin(report: QueuedReport): Promise<number> {
    return this.transact((ledger) => ledger.begin(report));
  }

  survived(report: QueuedReport): Promise<void> {
    return this.transact((ledger) => ledger.survived(report), 'soon');
  }

  done(report: QueuedReport, urgency: 'now' | 'soon'): Promise<void> {
    return this.transact((ledger) => ledger.done(report), urgency);
  }

  retry(report: QueuedReport, attempts: number, dueAt: number): Promise<void> {
    return this.transact((ledger) => ledger.retry(report, attempts, dueAt), 'soon');
  }

  fail(report: QueuedReport, attempts: number, reason: FailureReason, now: number): Promise<void> {
    return this.transact((ledger) => ledger.fail(report, attempts, reason, now), 'soon');
  }

  async sweep(now: number): Promise<number | undefined> {
    const next = this.books.nextDeadline();
    if (next === undefined || next > now) return next;
    const swept = await this.transact((ledger) => ledger.sweep(now));
    for (const report of swept.expired) {
      const { messageUuid, timestamp } = report;
      this.host.emit({ type: 'expired', messageUuid, timestamp });
      this.host.emit({ type: 'recorded', ...report });
    }
    return swept.next;
  }

  /** Nobody waits for it: where it can't be written now, the next look at what is due tries again. */
  #mend(entry: AgendaEntry, now: number): void {
    const [, number] = entry;
    if (this.#mending.has(number)) return;
    this.#mending.add(number);
    this.transact((ledger) => ledger.mend(entry, now), 'soon')
      .then((setAside) => {
        if (!setAside) return;
        this.host.logger.error(
          `A stored report can't be read and is set aside: message number ${number} of the store`,
        );
      })
      .catch(() => {})
      .finally(() => this.#mending.delete(number));
  }

  stoodStill(ms: number): Promise<void> {
    return this.transact((ledger) => ledger.stoodStill(ms), 'soon');
  }
}
