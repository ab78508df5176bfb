import { Inject, Injectable, type LoggerService } from '@nestjs/common';
import { Observable } from 'rxjs';
import { EventBus } from './conversion-feedback.event-bus.js';
import { InvalidMessageError, StorageError } from './conversion-feedback.errors.js';
import type { ConversionFeedbackEvent, RecordedEvent } from './conversion-feedback.events.js';
import { LOGGER } from './conversion-feedback.module-definition.js';
import { ConversionReport, FailedReport } from './conversion-report.js';
import { ConversionStatus } from './conversion-status.js';
import { CLOCK, type Clock } from './delivery/clock.js';
import { AccountCondition, type Condition } from './observability/account-condition.js';
import { DeliverySpans } from './observability/delivery-spans.js';
import { Insights } from './insights/insights.js';
import { markedHours } from './insights/drops.js';
import { summarize, wholeHours } from './insights/summary.js';
import { parsePhoneNumber } from './validation/phone-number.js';
import { PlivoClient } from './plivo/plivo-client.js';
import { SentMessage, TrackableMessage, checkMessage } from './plivo/trackable-message.js';
import { Recorder } from './recording/recorder.js';
import {
  ConversionCounts,
  ConversionStorage,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from './storage/conversion-storage.js';
import {
  outcomeFault,
  readLimit,
  readMessageUuid,
  readOutcome,
  readRange,
  readReport,
  readTimeout,
  readTracked,
} from './validation/inputs.js';

/** How often `flush` looks whether another process has delivered, in ms. */
const FLUSH_LOOK = 50;

/** The span in which a report is recorded. */
type Origin = ReturnType<typeof DeliverySpans.active>;

/** Sends and tracks messages, and reports what became of them. */
@Injectable()
export class ConversionFeedbackService {
  /**
   * What happens in this process: messages tracked, reports recorded, delivered, failed. Each event
   * says its `type`. A process with `delivery: false` sees no deliveries.
   */
  readonly events$: Observable<ConversionFeedbackEvent>;

  constructor(
    private readonly plivo: PlivoClient,
    @Inject(ConversionStorage) private readonly storage: ConversionStorage,
    private readonly recorder: Recorder,
    private readonly events: EventBus,
    private readonly spans: DeliverySpans,
    private readonly conditions: AccountCondition,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: LoggerService,
  ) {
    this.events$ = events.events$;
  }

  /**
   * Whether it is a service, and no double that a test puts in its place.
   * @internal
   */
  static isReal(feedback: unknown): boolean {
    return typeof feedback === 'object' && feedback !== null && #track in feedback;
  }

  /**
   * Sends an SMS through Plivo with `trackable: true`, and tracks the message_uuid it returns. Never
   * sent twice: a request without an answer rejects, and says that the outcome is unknown. A storage
   * that fails doesn't fail it: the message is sent, and tracked as soon as it can be.
   *
   * @throws InvalidMessageError where the message can't be sent as it is; nothing was sent
   * @throws PlivoRequestError where Plivo didn't queue it, or nobody knows (`outcomeUnknown`)
   * @see https://www.plivo.com/docs/messaging/concepts/conversion-feedback
   */
  async send(message: TrackableMessage): Promise<SentMessage> {
    const checked = checkMessage(message);
    const sent = await this.plivo.send(checked);
    await this.#track({
      verificationId: checked.verificationId,
      messageUuid: sent.messageUuid,
      sentAt: new Date(this.clock.now()),
      sentAtGiven: false,
      country: parsePhoneNumber(checked.dst)?.country,
    });
    return sent;
  }

  /**
   * Tracks a message that the app sent itself, with `trackable: true`: by the official SDK, or from a
   * queue. Resolves once it is recorded, at the latest after `recordTimeout`: then recording goes on.
   *
   * @param options.sentAt when it was sent; default now
   * @param options.dst its receiver; tells the country alone, and isn't stored
   * @throws InvalidMessageError for a bad id, uuid, time or number, or a message of another verification
   */
  async track(
    verificationId: string,
    messageUuid: string,
    options: { sentAt?: Date; dst?: string } = {},
  ): Promise<void> {
    const given = { verificationId, messageUuid };
    const belongsHere = await this.#track(readTracked(given, options, this.clock.now()));
    if (belongsHere) return;
    const message =
      '`messageUuid` belongs to another verification already, each message must be tracked once';
    throw new InvalidMessageError([{ field: 'messageUuid', message }]);
  }

  /**
   * Settles a verification by hand: its newest message, or the one named, gets the status, and on
   * success the older ones what option `superseded` says. Resolves once the reports are recorded, not
   * delivered. Settling twice records nothing the second time, and neither does an unknown id.
   *
   * @param status default CONVERTED; CONVERTED_WITH_OTHERS where another channel verified the user
   * @param options.timestamp when the status changed; default now
   * @param options.messageUuid the message whose code was typed
   * @returns the reports that are recorded now
   * @throws InvalidReportError for a bad id, status, timestamp or uuid
   * @throws StorageError where they can't be recorded
   */
  async report(
    verificationId: string,
    status: ConversionStatus = ConversionStatus.CONVERTED,
    options: { timestamp?: Date; messageUuid?: string } = {},
  ): Promise<ConversionReport[]> {
    const outcome = readOutcome({ verificationId, status }, options, this.clock.now());
    const origin = DeliverySpans.active();
    if (!(await this.recorder.catchUp(verificationId))) {
      throw new StorageError('What came before it of its verification could not be recorded yet');
    }
    const settlement = await this.storage.settle(outcome);
    this.#settled(outcome, settlement, origin);
    return settlement.reports;
  }

  /**
   * Reports one message by its message_uuid, for apps that keep the mapping themselves. Resolves once
   * it is recorded. The newest status counts, but a message that was CONVERTED stays so.
   *
   * @param options.timestamp when the status changed; default now
   * @returns the report that stands now
   * @throws InvalidReportError for a bad uuid, status or timestamp
   * @throws StorageError where it can't be recorded
   */
  async reportMessage(
    messageUuid: string,
    status: ConversionStatus,
    options: { timestamp?: Date } = {},
  ): Promise<ConversionReport> {
    const given = readReport({ messageUuid, status }, options, this.clock.now());
    const origin = DeliverySpans.active();
    const { recorded, report, timeToConvert } = await this.storage.enqueue(given);
    if (recorded) this.#recorded(report, { timeToConvert }, origin);
    return report;
  }

  /** How many messages are open, and reports pending and failed, over all processes on the storage. */
  counts(): Promise<ConversionCounts> {
    return this.storage.counts();
  }

  /**
   * Reports that aren't tried again by themselves, latest first, each with what Plivo said last.
   * @param options.limit how many at most; default 100
   * @throws InvalidOptionsError for a limit that is none
   */
  async failed(options: { limit?: number } = {}): Promise<FailedReport[]> {
    return this.storage.failed(readLimit(options));
  }

  /**
   * Puts failed reports back on their way, as if they were new: `delivery.maxAge` starts again.
   * @param messageUuid only this message's; default all
   * @returns how many
   * @throws InvalidReportError for a bad uuid
   */
  async retryFailed(messageUuid?: string): Promise<number> {
    return this.storage.retryFailed(readMessageUuid(messageUuid));
  }

  /**
   * How messages did, by country and hour of sending: how many were sent and converted, how long that
   * took, and what became of their reports; over all processes on the storage. Kept for 30 days, as
   * counts alone: see docs/insights.md.
   *
   * @param options.from start, rounded down to an hour of UTC; default 24 hours ago
   * @param options.to end, rounded up to an hour; default now. At most 30 days after `from`
   * @throws InvalidOptionsError for a range that is none, or too long
   * @throws StorageError where it can't be read now
   */
  async insights(options: { from?: Date; to?: Date } = {}): Promise<Insights> {
    const range = wholeHours(readRange(options, this.clock.now()));
    return summarize(range, await this.storage.insights(markedHours(range)));
  }

  /**
   * Waits until nothing is pending.
   * @param options.timeout longest wait in ms; default: as long as it takes
   * @returns true once nothing is pending, false at the timeout
   * @throws InvalidOptionsError for a timeout that is none
   */
  async flush(options: { timeout?: number } = {}): Promise<boolean> {
    const giveUpAt = this.clock.elapsed() + readTimeout(options);
    // Nothing else keeps a script alive that has no server: it would end in the middle of this.
    const alive = setInterval(() => {}, FLUSH_LOOK);
    try {
      for (;;) {
        // Asked first: what is recorded while the storage counts is not in its count.
        const { unfinished } = this.recorder;
        const { pending } = await this.storage.counts();
        if (pending === 0 && unfinished === 0) return true;
        const left = giveUpAt - this.clock.elapsed();
        if (left <= 0) return false;
        await new Promise<void>((resolve) => this.clock.after(Math.min(FLUSH_LOOK, left), resolve));
      }
    } finally {
      clearInterval(alive);
    }
  }

  /**
   * Settles a verification for the interceptor. Never throws.
   * @param leave is called once: when it is recorded, at the latest after `recordTimeout`
   * @internal
   */
  settle(outcome: VerificationOutcome, leave: () => void): void {
    // Asked for now: what is held and tried later is tried by another request's doing.
    const origin = DeliverySpans.active();
    this.recorder.record(
      outcome.verificationId,
      () => this.storage.settle(outcome),
      (settlement) => this.#settled(outcome, settlement, origin),
      leave,
    );
  }

  /**
   * Resolves when verifications are settled: at the end of this turn of the event loop, with those of
   * other requests.
   * @internal
   */
  endOfTurn(): Promise<void> {
    return this.recorder.endOfTurn();
  }

  /**
   * The moment by the clock that messages are sent by: their time to convert is between the two.
   * @internal
   */
  now(): Date {
    return new Date(this.clock.now());
  }

  /**
   * What is wrong with an outcome, in a sentence; undefined where nothing is.
   * @internal
   */
  faultOf(outcome: VerificationOutcome): string | undefined {
    return outcomeFault(outcome);
  }

  /**
   * A handler succeeded, and it can't be told which verification it was.
   * @internal
   */
  unmatched(reason: string): void {
    this.events.emit({ type: 'unmatched', reason });
  }

  /**
   * How the account is: what a health check asks. Never rejects.
   * @internal
   */
  condition(): Promise<Condition> {
    return this.conditions.read();
  }

  /**
   * Waits for the app's own functions no longer than for a recording.
   * @internal
   */
  waitAtMost(promise: Promise<void>): Promise<void> {
    return this.recorder.waitAtMost(promise);
  }

  /** Returns false where the message belongs to another verification, as far as is known in time. */
  async #track(message: TrackedMessage): Promise<boolean> {
    let belongsHere = true;
    const tracked = (isOurs: boolean): void => {
      belongsHere = isOurs;
      const { messageUuid, verificationId } = message;
      if (isOurs) this.events.emit({ type: 'tracked', messageUuid, verificationId });
      else
        this.logger.warn('A message was tracked under two verifications: the first one keeps it');
    };
    await new Promise<void>((leave) => {
      const track = () => this.storage.track(message);
      this.recorder.record(message.verificationId, track, tracked, leave);
    });
    return belongsHere;
  }

  #settled(
    { verificationId }: VerificationOutcome,
    { reports, unmatched, timeToConvert }: Settlement,
    origin: Origin,
  ): void {
    for (const report of reports) this.#recorded(report, { verificationId, timeToConvert }, origin);
    if (unmatched) this.events.emit({ type: 'unmatched', verificationId, reason: unmatched });
  }

  #recorded(
    report: ConversionReport,
    { timeToConvert, ...more }: Pick<RecordedEvent, 'verificationId' | 'timeToConvert'>,
    origin: Origin,
  ): void {
    this.spans.remember(report.messageUuid, origin);
    const isConverted = report.status === ConversionStatus.CONVERTED;
    const time = isConverted && timeToConvert !== undefined ? { timeToConvert } : {};
    this.events.emit({ type: 'recorded', ...report, ...more, ...time });
  }
}
