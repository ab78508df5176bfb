import type { ConversionStatus, PauseCause } from 'nestjs-conversion-feedback';
import type { Observable } from 'rxjs';
import type { Told } from './protocol.js';
import type { Handover } from './repeats.js';

/** An event of a report, and when and where it happened. */
export interface Happened {
  readonly messageUuid: string;
  readonly at: number;
  readonly pid: number;
}

/** What the service said of its reports, through all its processes. */
export class Records {
  /** Reports that were said to be recorded: the last one of each message. */
  readonly recorded = new Map<string, { readonly status: ConversionStatus; readonly at: number }>();
  readonly delivered: Happened[] = [];
  readonly retrying: Happened[] = [];
  /** Requests for reports that left, where its processes tell of the wire. */
  readonly asked: Happened[] = [];
  readonly paused: { readonly cause: PauseCause; readonly at: number }[] = [];
  /** Outcomes that the service itself gave up to record. */
  dropped = 0;

  /** When delivery changed from one process to another. */
  get handovers(): Handover[] {
    const answered = [...this.delivered, ...this.retrying].sort((a, b) => a.at - b.at);
    return answered.flatMap(({ at, pid }, i) => {
      const before = answered[i - 1];
      return i > 0 && before.pid !== pid ? [{ from: before.at, to: at }] : [];
    });
  }

  constructor(service: { readonly told$: Observable<Told> }) {
    service.told$.subscribe((told) => {
      if (told.kind === 'asked') this.asked.push(told);
      if (told.kind !== 'event') return;
      const { at, pid, event } = told;
      if (event.type === 'recorded') {
        this.recorded.set(event.messageUuid, { status: event.status, at });
      }
      if (event.type === 'delivered' || event.type === 'retrying') {
        this[event.type].push({ messageUuid: event.messageUuid, at, pid });
      }
      if (event.type === 'paused') this.paused.push({ cause: event.cause, at });
      if (event.type === 'dropped') this.dropped += 1;
    });
  }
}
