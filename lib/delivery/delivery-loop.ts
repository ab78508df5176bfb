import { ConversionFeedbackEvent } from '../conversion-feedback.events.js';
import { FailureReason } from '../conversion-report.js';
import { Deliver, DeliveryAnswer } from './answer.js';
import { Backoff, fullJitter } from './backoff.js';
import { Caution, DEATHS, NotAsked, Predecessor } from './caution.js';
import { Clock, Random, settlesWithin } from './clock.js';
import { Line } from './line.js';
import { PacedWindow, RateLimit, RequestWindow, unlimited } from './rate-limit.js';
import { DueMoment, QueuedReport, ReportQueue } from './report-queue.js';

/** How reports are delivered. The meaning of each is that of the module's option `delivery`. */
export interface DeliverySettings {
  readonly concurrency: number;
  readonly rateLimit: RateLimit | false;
  readonly timeout: number;
  readonly backoff: Backoff;
  readonly maxAge: number;
}

/** What the loop stands on. */
export interface DeliveryLoopHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: (event: ConversionFeedbackEvent) => void;
  /** Whether this process is the one that may send requests now. */
  readonly mayRequest: () => boolean;
  /** The queue couldn't be read or written; the loop goes on by itself. */
  readonly storageFailed: (error: unknown) => void;
}

/** Longest time between two looks at the queue: other processes write to it unseen. */
const LOOK_INTERVAL = 250;
/** How long the loop waits after the queue failed it. */
const SICK_QUEUE_INTERVAL = 1_000;
/** How often a line that stands still has that noted in the queue. */
const STANDSTILL_INTERVAL = 1_000;
/** How long the end waits for a round in any case, in ms. */
const LONGEST_ROUND = 300;
/** A report refused so often while others pass is refused for itself. */
export const REFUSALS = 3;
/**
 * Takes due reports from a queue to the provider, for as long as it is started.
 *
 *     stopped ── start() ──> running ── stop() ──> draining ── all in flight answered ──> stopped
 *
 * - running: one round after another. A round sweeps the queue, then starts as many requests as the
 *   line, the concurrency and the rate limit let, and sleeps until the next moment at which one of
 *   them, or the queue, has something to do; an answer or `wake()` ends the sleep.
 *   What a process minds after it took over from another one stands in caution.ts.
 * - draining: no request starts; those in flight are answered, or left at the timeout: they are
 *   still in the queue, and go out again later.
 *
 * Promises:
 * - a message is never in flight twice: it counts as in flight until the queue has committed what
 *   became of it;
 * - nothing leaves the queue before the provider has it, or said that it never will;
 * - a failure while the whole line is blocked is no report's fault: no attempt is counted, and no
 *   report fails by age.
 */
export class DeliveryLoop {
  #line = new Line();
  readonly #window: RequestWindow;
  readonly #inFlight = new Map<number, Promise<void>>();
  readonly #refusals = new Map<number, { count: number; passedBefore: number }>();
  readonly #caution: Caution;
  readonly #skip = (key: number): boolean =>
    this.#inFlight.has(key) || this.#caution.holdsBack(key);
  #running = false;
  /** Whether it stopped before all requests were answered: the provider may still work on them. */
  #leftInFlight = false;
  #round?: Promise<void>;
  #wokenMeanwhile = false;
  #wakes = false;
  /** What keeps requests back, however many reports are due. */
  #waitsFor?: 'answers' | 'rate limit';
  #cancelSleep?: () => void;
  #probes = 0;
  #lastRequestAt = -Infinity;
  #passed = 0;
  #notedStandstill = 0;
  #nextSweep = -Infinity;

  constructor(
    private readonly queue: ReportQueue,
    deliver: Deliver,
    private readonly settings: DeliverySettings,
    private readonly host: DeliveryLoopHost,
  ) {
    this.#window = settings.rateLimit ? new PacedWindow(settings.rateLimit) : unlimited;
    this.#caution = new Caution(queue, deliver, settings, host);
  }

  /**
   * Starts delivering, if it doesn't yet.
   * @param predecessor who delivered before; the rate limit holds over both
   */
  start(predecessor?: Predecessor): void {
    if (this.#running) return;
    this.#running = true;
    this.#leftInFlight = false;
    if (predecessor) {
      this.#window.assumeUsed(this.host.clock.elapsed() - predecessor.lastRequestAgo);
      this.#caution.tookOverFrom(predecessor);
    }
    this.#look();
  }

  /** Whether requests are in flight whose answers nobody has yet. */
  get hasInFlight(): boolean {
    return this.#inFlight.size > 0 || this.#leftInFlight;
  }

  /** Ms since the last request; Infinity where there was none. */
  get lastRequestAgo(): number {
    return this.host.clock.elapsed() - this.#lastRequestAt;
  }

  /**
   * There may be something to do: a report was recorded, or is to be retried. A request takes longer to
   * make than a report to record, so the response that waited for the recording goes first.
   */
  wake(): void {
    if (!this.#running || this.#waitsFor || this.#wakes) return;
    this.#wakes = true;
    setImmediate(() => {
      this.#wakes = false;
      this.#look();
    });
  }

  #look(): void {
    if (!this.#running) return;
    if (this.#round) {
      this.#wokenMeanwhile = true;
      return;
    }
    this.#cancelSleep?.();
    this.#round = this.#runRound().then((sleep) => {
      this.#round = undefined;
      if (!this.#running) return;
      if (this.#wokenMeanwhile) {
        this.#wokenMeanwhile = false;
        this.#look();
      } else {
        this.#cancelSleep = this.host.clock.after(sleep, () => this.#look());
      }
    });
  }

  /**
   * Stops: no further request starts.
   * @param timeout longest time in ms to wait for the requests in flight
   * @returns whether all of them were answered
   */
  async stop(timeout: number): Promise<boolean> {
    const { clock } = this.host;
    const giveUpAt = clock.elapsed() + timeout;
    this.#running = false;
    this.#cancelSleep?.();
    // It may wait for the store's lock, for as long as another process sits on that.
    if (this.#round) await settlesWithin(clock, Math.max(timeout, LONGEST_ROUND), this.#round);
    if (this.#inFlight.size === 0) return true;
    const left = Math.max(0, giveUpAt - clock.elapsed());
    const answered = await settlesWithin(clock, left, Promise.all(this.#inFlight.values()));
    if (!answered) this.#leftInFlight = true;
    return answered;
  }

  /** Stops since another process delivers from now on: what stands in its way it says itself. */
  async handOver(): Promise<void> {
    await this.stop(0);
    await this.#round;
    const { announced } = this.#line.state;
    this.#line = new Line();
    this.#notedStandstill = 0;
    if (announced) this.host.emit({ type: 'resumed', cause: announced });
  }

  /** One round. Returns how long to sleep, in ms. Never rejects. */
  async #runRound(): Promise<number> {
    this.#waitsFor = undefined;
    try {
      await this.#noteStandstill();
      await this.#sweep();
      if (!this.#running || !this.host.mayRequest()) return LOOK_INTERVAL;
      const sleep = this.#line.block ? this.#probe() : this.#flow();
      return Math.min(sleep, Math.max(0, this.#nextSweep - this.host.clock.elapsed()));
    } catch (error) {
      this.host.storageFailed(error);
      return SICK_QUEUE_INTERVAL;
    }
  }

  /** Looks again and again, whatever the last look said: a message may come with an earlier deadline. */
  async #sweep(): Promise<void> {
    const { clock } = this.host;
    if (clock.elapsed() < this.#nextSweep) return;
    const now = clock.now();
    const next = await this.queue.sweep(now);
    const wait = Math.min(LOOK_INTERVAL, next === undefined ? Infinity : Math.max(0, next - now));
    this.#nextSweep = clock.elapsed() + wait;
  }

  #flow(): number {
    const { clock } = this.host;
    const free = this.#caution.concurrency - this.#inFlight.size;
    const untilAllowed = (): number => this.#window.nextAt(clock.elapsed()) - clock.elapsed();
    if (free <= 0) return this.#waitFor('answers', LOOK_INTERVAL);
    if (untilAllowed() > 0) return this.#waitFor('rate limit', untilAllowed());
    const due = this.#caution.due(this.#moment(), free, this.#skip);
    for (const report of due) {
      if (untilAllowed() > 0) return this.#waitFor('rate limit', untilAllowed());
      this.#request(report, false);
    }
    return due.length < free ? this.#untilNextDue() : this.#waitFor('answers', LOOK_INTERVAL);
  }

  #waitFor(what: 'answers' | 'rate limit', ms: number): number {
    this.#waitsFor = what;
    return Math.min(ms, LOOK_INTERVAL);
  }

  #probe(): number {
    const { clock } = this.host;
    const block = this.#line.block!;
    const mayHang = block.cause === 'down' && this.#inFlight.size < this.settings.concurrency;
    if (this.#probes > 0 && !mayHang) return LOOK_INTERVAL;
    const notSuspect = (key: number): boolean => this.#skip(key) || key === block.suspect;
    const another = block.suspect === undefined ? undefined : this.#firstDue(notSuspect);
    if (block.suspect !== undefined && !another)
      this.#tell(this.#line.noOtherToAsk(clock.elapsed()));
    const probeAt = another ? 0 : block.probeAt;
    const wait = Math.max(probeAt, this.#window.nextAt(clock.elapsed())) - clock.elapsed();
    if (wait > 0) return Math.min(wait, LOOK_INTERVAL);
    const report = another ?? this.#firstDue(this.#skip);
    if (!report) return this.#untilNextDue();
    this.#line.probing(clock.elapsed());
    this.#request(report, true);
    return LOOK_INTERVAL;
  }

  #firstDue(skip: (key: number) => boolean): QueuedReport | undefined {
    return this.#caution.due(this.#moment(), 1, skip).at(0);
  }

  #moment(): DueMoment {
    const now = this.host.clock.now();
    return { now, farthest: now + this.settings.backoff.max };
  }

  #untilNextDue(): number {
    const next = this.queue.nextDue(this.#skip);
    if (next === undefined) return LOOK_INTERVAL;
    return Math.min(Math.max(0, next - this.host.clock.now()), LOOK_INTERVAL);
  }

  #request(report: QueuedReport, probe: boolean): void {
    this.#lastRequestAt = this.host.clock.elapsed();
    this.#window.take(this.#lastRequestAt);
    if (probe) this.#probes += 1;
    const settled = this.#caution
      .ask(report)
      .then((answer) => this.#heard(report, answer, probe))
      .catch((error: unknown) => this.host.storageFailed(error))
      .finally(() => {
        if (probe) this.#probes -= 1;
        this.#inFlight.delete(report.key);
        this.#look();
      });
    this.#inFlight.set(report.key, settled);
  }

  async #heard(
    report: QueuedReport,
    answer: DeliveryAnswer | NotAsked,
    probe: boolean,
  ): Promise<void> {
    if (answer === 'not ours') return;
    return answer === 'deadly'
      ? this.#fail(report, deadly())
      : this.#answered(report, answer, probe);
  }

  async #answered(report: QueuedReport, answer: DeliveryAnswer, probe: boolean): Promise<void> {
    const { clock } = this.host;
    const blockedBefore = this.#line.block !== undefined;
    if (this.#running) this.#tell(this.#line.answered(answer, report.key, probe, clock.elapsed()));
    if (answer.kind === 'done') return this.#done(report);
    if (answer.kind === 'rejected') return this.#fail(report, answer.reason);
    if (answer.kind === 'refused') return this.#refused(report, answer.reason);
    // Who has stopped doesn't know how the line is.
    const lineAtFault = !this.#running || blockedBefore || this.#line.block !== undefined;
    if (lineAtFault) return this.#retry(report, report.attempts, 0, answer.reason);
    if (report.age >= this.settings.maxAge) return this.#fail(report, tooOld(answer.reason));
    return this.#retry(
      report,
      report.attempts + 1,
      this.#jitter(report.attempts + 1),
      answer.reason,
    );
  }

  async #done(report: QueuedReport): Promise<void> {
    this.#passed += 1;
    this.#refusals.delete(report.key);
    // Until it is noted it takes the place of another request.
    const urgency = this.#waitsFor === 'answers' ? 'now' : 'soon';
    await this.#insist(() => this.queue.done(report, urgency));
    this.host.emit({ type: 'delivered', ...told(report), attempts: report.attempts + 1 });
  }

  async #fail(report: QueuedReport, reason: FailureReason): Promise<void> {
    const attempts = report.attempts + 1;
    this.#refusals.delete(report.key);
    await this.#insist(() => this.queue.fail(report, attempts, reason, this.host.clock.now()));
    this.host.emit({ type: 'failed', ...told(report), attempts, reason });
  }

  async #refused(report: QueuedReport, reason: FailureReason): Promise<void> {
    const before = this.#refusals.get(report.key);
    const othersPassed = before === undefined || this.#passed > before.passedBefore;
    const count = (before?.count ?? 0) + (othersPassed ? 1 : 0);
    if (count >= REFUSALS) return this.#fail(report, reason);
    this.#refusals.set(report.key, { count, passedBefore: this.#passed });
    return this.#retry(report, report.attempts, this.#jitter(count), reason);
  }

  async #retry(
    report: QueuedReport,
    attempts: number,
    wait: number,
    reason: FailureReason,
  ): Promise<void> {
    const dueAt = this.host.clock.now() + Math.ceil(wait);
    await this.#insist(() => this.queue.retry(report, attempts, dueAt));
    const nextAttemptAt = new Date(dueAt);
    this.host.emit({ type: 'retrying', ...told(report), attempts, reason, nextAttemptAt });
  }

  #jitter(attempts: number): number {
    return fullJitter(this.settings.backoff, attempts, this.host.random);
  }

  /**
   * Writes what became of a report, however often it takes: until then the report counts as in
   * flight, since the queue would hand it out again, and the provider be told again and again.
   */
  async #insist(write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        this.host.storageFailed(error);
        if (!this.#running) throw error;
        await new Promise<void>((resolve) => this.host.clock.after(SICK_QUEUE_INTERVAL, resolve));
      }
    }
  }

  async #noteStandstill(): Promise<void> {
    const total = this.#line.blockedFor(this.host.clock.elapsed());
    const news = total - this.#notedStandstill;
    if (news === 0 || (this.#line.block && news < STANDSTILL_INTERVAL)) return;
    await this.queue.stoodStill(news);
    this.#notedStandstill = total;
  }

  #tell(change: ReturnType<Line['answered']>): void {
    if (!change) return;
    if ('resumed' in change) this.host.emit({ type: 'resumed', cause: change.resumed });
    else
      this.host.emit({
        type: 'paused',
        cause: change.blocked.cause,
        reason: change.blocked.reason,
      });
  }
}

/** Why a report isn't tried any more that ends whoever delivers it. */
export function deadly(): FailureReason {
  return { message: `the process ended ${DEATHS} times while it delivered this report` };
}

/** Why a report isn't tried any more that is older than `maxAge`. */
export function tooOld(reason: FailureReason): FailureReason {
  return {
    ...reason,
    message: `older than delivery.maxAge, and the last answer was: ${reason.message}`,
  };
}

function told({ messageUuid, status, timestamp }: QueuedReport) {
  return { messageUuid, status, timestamp };
}
