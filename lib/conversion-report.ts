import { ConversionStatus } from './conversion-status.js';

/** What the provider is told about one message. The unit of delivery. */
export interface ConversionReport {
  /** Plivo's id of the message. */
  readonly messageUuid: string;
  readonly status: ConversionStatus;
  /** The moment the status changed: when the user got the code right, not when it was delivered. */
  readonly timestamp: Date;
}

/** A report that won't be tried again by itself, kept for a person to look at. */
export interface FailedReport extends ConversionReport {
  /** When it was given up. */
  readonly failedAt: Date;
  /** How many requests were made for it. */
  readonly attempts: number;
  /** What the provider said last, or what kept it from being asked. Holds no credentials. */
  readonly reason: FailureReason;
}

/** Why a request for a report didn't succeed. Holds no headers, credentials or phone numbers. */
export interface FailureReason {
  /** HTTP status of the answer; absent where none came. */
  readonly status?: number;
  /** The provider's own words, or what happened to the connection. */
  readonly message: string;
  /** Plivo's id of the request, to quote to its support. */
  readonly apiId?: string;
}
