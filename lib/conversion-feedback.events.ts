import { ConversionReport, FailureReason } from './conversion-report.js';

/** A message is remembered, and waits for its outcome. */
export interface TrackedEvent {
  readonly type: 'tracked';
  readonly messageUuid: string;
  readonly verificationId: string;
}

/** A report is in the storage: from now on it is delivered, or kept as failed. */
export interface RecordedEvent extends ConversionReport {
  readonly type: 'recorded';
  /** Absent where the message was reported by its message_uuid. */
  readonly verificationId?: string;
  /** Ms from the sending of the message to its conversion; absent for any other status. */
  readonly timeToConvert?: number;
}

/** An outcome that settled nothing. No error: the login isn't the worse for it. */
export interface UnmatchedEvent {
  readonly type: 'unmatched';
  /** Absent where none was found. */
  readonly verificationId?: string;
  /** Why nothing was settled, in a sentence. */
  readonly reason: string;
}

/** The provider has the report. */
export interface DeliveredEvent extends ConversionReport {
  readonly type: 'delivered';
  /** Requests made, this one included. */
  readonly attempts: number;
}

/** A report wasn't accepted now, and is tried again. */
export interface RetryingEvent extends ConversionReport {
  readonly type: 'retrying';
  readonly attempts: number;
  readonly reason: FailureReason;
  /** The earliest moment of the next request. */
  readonly nextAttemptAt: Date;
}

/** A report won't be tried again by itself. It is kept: see `failed()` and `retryFailed()`. */
export interface FailedEvent extends ConversionReport {
  readonly type: 'failed';
  readonly attempts: number;
  readonly reason: FailureReason;
}

/** A message had no outcome within `expireAfter`; it is reported NOT_CONVERTED. */
export interface ExpiredEvent {
  readonly type: 'expired';
  readonly messageUuid: string;
  /** The moment it expired, also where the process was down then. */
  readonly timestamp: Date;
}

/**
 * Why delivery stands still:
 * - `refused`: Plivo refuses the credentials (401, 403); one request a minute asks again
 * - `down`: request after request fails; one a second asks again
 * - `slowed`: Plivo asked to wait (429, Retry-After)
 */
export type PauseCause = 'refused' | 'down' | 'slowed';

/** Delivery stands still for all reports. Nothing is lost, and none fails by age meanwhile. */
export interface PausedEvent {
  readonly type: 'paused';
  readonly cause: PauseCause;
  readonly reason: FailureReason;
}

/** Delivery goes on, here or by another process that has taken it over. */
export interface ResumedEvent {
  readonly type: 'resumed';
  readonly cause: PauseCause;
}

/** An outcome couldn't be recorded: the storage failed for longer than it could be held in memory. */
export interface DroppedEvent {
  readonly type: 'dropped';
  readonly reason: string;
}

/**
 * A country's conversion rate is clearly below its own of the days before: a broken route, or messages
 * that nobody means to use (SMS pumping). Said once until it has recovered, by one of the processes
 * that deliver. Rates are of messages that converted within 5 minutes: see docs/insights.md.
 */
export interface ConversionDroppedEvent {
  readonly type: 'conversionDropped';
  /** ISO 3166-1 alpha-2 code; the empty string where it is unknown. */
  readonly country: string;
  /** From 0 to 1, of the messages sent from `since` to `until`. */
  readonly rate: number;
  /** From 0 to 1, of the messages of the days before. */
  readonly normalRate: number;
  /** Messages sent from `since` to `until`. */
  readonly sent: number;
  readonly since: Date;
  readonly until: Date;
}

/** A country's conversion rate that had dropped is normal again, or what it is now has become normal. */
export interface ConversionRecoveredEvent {
  readonly type: 'conversionRecovered';
  /** ISO 3166-1 alpha-2 code; the empty string where it is unknown. */
  readonly country: string;
  /** When its drop began. */
  readonly since: Date;
}

/** What happens in this process, told apart by `type`. */
export type ConversionFeedbackEvent =
  | TrackedEvent
  | RecordedEvent
  | UnmatchedEvent
  | DeliveredEvent
  | RetryingEvent
  | FailedEvent
  | ExpiredEvent
  | PausedEvent
  | ResumedEvent
  | DroppedEvent
  | ConversionDroppedEvent
  | ConversionRecoveredEvent;
