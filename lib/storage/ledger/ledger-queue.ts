import { FailureReason } from '../../conversion-report.js';
import { QueuedReport, ReportQueue } from '../../delivery/report-queue.js';
import { ConversionStorageHost } from '../conversion-storage.js';
import { Ledger } from './ledger.js';

/** Runs a piece of bookkeeping as one transaction; resolves once it can't be forgotten. */
export type Transact = <T>(work: (ledger: Ledger) => T, urgency?: 'now' | 'soon') => Promise<T>;

/** The delivery loop's view of a ledger: reads at once, writes in transactions. */
export class LedgerQueue implements ReportQueue {
  constructor(
    private readonly books: Ledger,
    private readonly transact: Transact,
    private readonly emit: ConversionStorageHost['emit'],
  ) {}

  due(now: number, limit: number, skip: (key: number) => boolean): QueuedReport[] {
    return this.books.due(now, limit, skip);
  }

  nextDue(skip: (key: number) => boolean): number | undefined {
    return this.books.nextDue(skip);
  }

  done(report: QueuedReport): Promise<void> {
    return this.transact((ledger) => ledger.done(report), 'soon');
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
      this.emit({ type: 'expired', messageUuid, timestamp });
      this.emit({ type: 'recorded', ...report });
    }
    return swept.next;
  }

  stoodStill(ms: number): Promise<void> {
    return this.transact((ledger) => ledger.stoodStill(ms), 'soon');
  }
}
