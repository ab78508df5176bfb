import { ConversionReport, FailureReason } from '../conversion-report.js';

/** A report that the queue hands out to be delivered. */
export interface QueuedReport extends ConversionReport {
  /** Names the message within the queue. */
  readonly key: number;
  /** Changes whenever another status takes the report's place. */
  readonly revision: number;
  /** Whether it took the place of one that wasn't delivered yet. */
  readonly replaces: boolean;
  /** Requests made for it so far that failed by its own fault. */
  readonly attempts: number;
  /** Ms it has waited while the line was free: what `maxAge` is held against. */
  readonly age: number;
}

/** A moment at which reports are looked for. */
export interface DueMoment {
  readonly now: number;
  /**
   * What is due later than this is due now: no wait is that long, so the clock was set back since it
   * was put down.
   */
  readonly farthest: number;
}

/**
 * What the delivery loop asks of a storage: memory and lmdb have one each.
 *
 * Each of the writing methods names a report by key and revision. Where the message has another
 * status by then (the user got the code right while NOT_CONVERTED was on its way), the newer report
 * stays as it is, due at once: the provider's last word is the newest.
 */
export interface ReportQueue {
  /** Reports that are due, longest due first, without those for which `skip` is true. */
  due(moment: DueMoment, limit: number, skip: (key: number) => boolean): QueuedReport[];
  /** When the next report that `skip` leaves becomes due; undefined where there is none. */
  nextDue(skip: (key: number) => boolean): number | undefined;
  /**
   * A request for it starts, and the process before this one died: notes that.
   * @returns how often that was noted before and nothing came of it, since the process died
   */
  begin(report: QueuedReport): Promise<number>;
  /** The process lives on with a request for it under way: what `begin` noted is forgotten. */
  survived(report: QueuedReport): Promise<void>;
  /**
   * The provider has it. Resolves once that can't be forgotten.
   * @param urgency `soon`: nobody waits for that, and it may be written with others
   */
  done(report: QueuedReport, urgency: 'now' | 'soon'): Promise<void>;
  /** To be tried again from `dueAt` on. */
  retry(report: QueuedReport, attempts: number, dueAt: number): Promise<void>;
  /** To be kept, and not tried again. */
  fail(report: QueuedReport, attempts: number, reason: FailureReason, now: number): Promise<void>;
  /** Does what has become due for messages: they expire, or are forgotten. Returns the next moment. */
  sweep(now: number): Promise<number | undefined>;
  /** The line stood still for so many ms more: no report ages by them. */
  stoodStill(ms: number): Promise<void>;
}
