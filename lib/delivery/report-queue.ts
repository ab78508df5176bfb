import { ConversionReport, FailureReason } from '../conversion-report.js';

/** A report that the queue hands out to be delivered. */
export interface QueuedReport extends ConversionReport {
  /** Names the message within the queue. */
  readonly key: number;
  /** Changes whenever another status takes the report's place. */
  readonly revision: number;
  /** Requests made for it so far that failed by its own fault. */
  readonly attempts: number;
  /** Ms it has waited while the line was free: what `maxAge` is held against. */
  readonly age: number;
}

/**
 * What the delivery loop asks of a storage: memory and lmdb have one each.
 *
 * Each of the writing methods names a report by key and revision. Where the message has another
 * status by then (the user got the code right while NOT_CONVERTED was on its way), the newer report
 * stays as it is, due at once: the provider's last word is the newest.
 */
export interface ReportQueue {
  /** Reports due at `now`, longest due first, without those for which `skip` is true. */
  due(now: number, limit: number, skip: (key: number) => boolean): QueuedReport[];
  /** When the next report that `skip` leaves becomes due; undefined where there is none. */
  nextDue(skip: (key: number) => boolean): number | undefined;
  /** The provider has it. Resolves once that can't be forgotten. */
  done(report: QueuedReport): Promise<void>;
  /** To be tried again from `dueAt` on. */
  retry(report: QueuedReport, attempts: number, dueAt: number): Promise<void>;
  /** To be kept, and not tried again. */
  fail(report: QueuedReport, attempts: number, reason: FailureReason, now: number): Promise<void>;
  /** Does what has become due for messages: they expire, or are forgotten. Returns the next moment. */
  sweep(now: number): Promise<number | undefined>;
  /** The line stood still for so many ms more: no report ages by them. */
  stoodStill(ms: number): Promise<void>;
}
