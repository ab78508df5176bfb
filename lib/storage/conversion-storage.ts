import { LoggerService } from '@nestjs/common';
import { StorageError } from '../conversion-feedback.errors.js';
import { ConversionFeedbackEvent } from '../conversion-feedback.events.js';
import { ConversionReport, FailedReport } from '../conversion-report.js';
import { ConversionStatus } from '../conversion-status.js';
import { Deliver } from '../delivery/answer.js';
import { Clock, Random } from '../delivery/clock.js';
import { DeliverySettings } from '../delivery/delivery-loop.js';
import { InsightsBucket, InsightsMark } from '../insights/bucket.js';

/** A message that waits for its outcome. */
export interface TrackedMessage {
  readonly messageUuid: string;
  readonly verificationId: string;
  readonly sentAt: Date;
  /**
   * Whether the app said when the message was sent. If so, its place among the messages of its
   * verification is by that time; if not, it is the newest, whatever the clock says.
   */
  readonly sentAtGiven: boolean;
  /** ISO 3166-1 alpha-2 code of the destination, where known. The number itself isn't kept. */
  readonly country?: string;
}

/** What became of a verification. */
export interface VerificationOutcome {
  readonly verificationId: string;
  readonly status: ConversionStatus;
  readonly timestamp: Date;
  /** The message whose code was typed, where the app knows. */
  readonly messageUuid?: string;
}

/** What an outcome did. */
export interface Settlement {
  /** The reports that are recorded now. Empty where all was settled before. */
  readonly reports: ConversionReport[];
  /** Set where there was nothing to settle: why. */
  readonly unmatched?: string;
  /** Set where a tracked message is CONVERTED now: ms from its sending, as far as known. */
  readonly timeToConvert?: number;
}

/** What became of a report of one message. */
export interface Enqueued {
  /** Whether it is recorded now. */
  readonly recorded: boolean;
  /** The report that stands. */
  readonly report: ConversionReport;
  /** As in Settlement. */
  readonly timeToConvert?: number;
}

/** Numbers of messages and reports. */
export interface ConversionCounts {
  /** Messages that wait for their outcome. */
  readonly open: number;
  /** Reports on their way. */
  readonly pending: number;
  /** Reports that are kept, and not tried again by themselves. */
  readonly failed: number;
}

/** What a storage gets from the module it works for. */
export interface ConversionStorageHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: LoggerService;
  /** Name of the Plivo account whose messages these are; a storage belongs to one. */
  readonly account: string;
  /**
   * Digest of the Auth ID. A message's report must go out with the credentials that the message was
   * sent with: a storage that outlives the process keeps it, and refuses to be opened with another,
   * by an InvalidOptionsError.
   */
  readonly accountId: string;
  /** Status of a verification's older messages once it succeeds; false: nothing is said of them. */
  readonly superseded: ConversionStatus | false;
  /** Ms after which a message without an outcome is NOT_CONVERTED; undefined: never. */
  readonly expireAfter?: number;
  /** Ms a message is remembered. */
  readonly retention: number;
  /** How reports are delivered; false: another process does. */
  readonly delivery: DeliverySettings | false;
  /** Takes a report to the provider. */
  readonly deliver: Deliver;
  /**
   * Cuts the requests of `deliver` that are in flight. A storage that stops delivering calls it where they
   * weren't answered in time, before another process may send those reports.
   */
  readonly abandon: () => void;
  readonly emit: (event: ConversionFeedbackEvent) => void;
  /** Aborted once the app closes: an opening that still waits for something gives up. */
  readonly closing: AbortSignal;
  /** The open storage is of no use any more: it will be closed, and opened anew. */
  readonly lost: (why: StorageError) => void;
}

/**
 * Where messages, outcomes and reports live: it tracks, settles, queues, and hands due reports to
 * `host.deliver`. It is all that differs between one process and a hundred.
 *
 * What each storage promises is the list of case names in lib/testing/contract/, which
 * `nestjs-conversion-feedback/testing` runs on yours: see docs/storage.md.
 * A method rejects with a StorageError where the storage can't do it now.
 */
export interface ConversionStorage {
  /** Whether a process that only records can leave delivery to another one. */
  readonly shared: boolean;

  /**
   * Opens it, before anything else is called, and again after it was closed. Rejects with an
   * InvalidOptionsError where it can never work: that stops the boot. Rejects with a StorageError
   * where it can't work now: the app goes on without it, and it is opened later.
   */
  open(host: ConversionStorageHost): Promise<void>;

  /**
   * Remembers a message. The same message again changes nothing.
   * @returns false where the message belongs to another verification
   */
  track(message: TrackedMessage): Promise<boolean>;

  /** Settles a verification. Resolves once its reports are recorded: they survive this process. */
  settle(outcome: VerificationOutcome): Promise<Settlement>;

  /** Records a report of one message, tracked or not. A message that was CONVERTED stays so. */
  enqueue(report: ConversionReport): Promise<Enqueued>;

  /** Starts to take reports to the provider, where `host.delivery` says so. */
  deliver(): void;

  /**
   * Starts no further request, and waits for those in flight.
   * @param timeout longest wait in ms
   */
  stopDelivering(timeout: number): Promise<void>;

  counts(): Promise<ConversionCounts>;

  /**
   * The timestamp of the oldest report on its way; undefined where there is none. Health checks ask
   * for it, so it must stay cheap: where very many are pending, one of the oldest will do.
   */
  oldestPending(): Promise<Date | undefined>;

  /** Failed reports, latest first. */
  failed(limit: number): Promise<FailedReport[]>;

  /**
   * Puts failed reports back on their way, as if they were new.
   * @param messageUuid only this message's
   * @returns how many
   */
  retryFailed(messageUuid?: string): Promise<number>;

  /**
   * What was counted of the messages sent in the hours from `from` up to, not including, `to`, both in
   * ms since 1970. In any order; hours of which nothing is kept are left out.
   */
  insights(range: { readonly from: number; readonly to: number }): Promise<InsightsBucket[]>;

  /**
   * Sets a mark on a bucket, which is made where it isn't there. One that is set stays as it is.
   * @returns whether it is set by this call: true for one caller, over all processes
   */
  markInsights(mark: InsightsMark): Promise<boolean>;

  /** Writes what is left to write, and closes. Nothing is called afterwards. */
  close(): Promise<void>;
}

/** Injection token of the storage that the module uses. */
export const ConversionStorage = Symbol('ConversionStorage');
