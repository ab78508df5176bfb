import type { Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { FailureReason } from '../../conversion-report.js';
import { DeliveryAnswer } from '../../delivery/answer.js';
import { fullJitter } from '../../delivery/backoff.js';
import { DEATHS } from '../../delivery/caution.js';
import { settlesWithin } from '../../delivery/clock.js';
import { DeliverySettings, REFUSALS, deadly, tooOld } from '../../delivery/delivery-loop.js';
import { ConversionStorageHost } from '../conversion-storage.js';
import { ReportRef, reportOf } from './job-id.js';
import { limiterOf } from './limiter.js';
import { isLost } from './lost-job.js';
import { RedisBooks, Taken } from './redis-books.js';
import { ReportJob, failureIn, reportIn } from './report-job.js';
import { SharedLine } from './shared-line.js';

type BullMQ = typeof import('bullmq');

/** How long a job waits whose message is in flight with an older report, in ms. */
const WHILE_BUSY = 250;
/** How long a job waits after Redis failed it, in ms. */
const SICK_INTERVAL = 1_000;
/** The longest pause of the whole line in one go, in ms: others may learn earlier that it is free. */
const LONGEST_PAUSE = 1_000;
/** How often BullMQ looks for jobs whose process died, in ms. */
const STALLED_INTERVAL = 5_000;
/** Longest time in ms that the end of a worker without requests in flight takes. */
const LONGEST_CLOSE = 500;
/** Any number of processes may die: what kills them is found out by the books. */
const ANY_NUMBER = 1_000_000;

/** What a worker works with. */
export interface WorkerTools {
  readonly bullmq: BullMQ;
  readonly queue: Queue<ReportJob>;
  /** On the worker's own connection. */
  readonly books: RedisBooks;
  readonly host: ConversionStorageHost;
  readonly settings: DeliverySettings;
  /** The worker's own connection. */
  readonly redis: Redis;
  /** Ends that, and those that BullMQ made of it. */
  readonly cut: () => void;
}

/** A job that was taken, and goes to the provider. */
interface Going {
  readonly ref: ReportRef;
  readonly job: Job<ReportJob>;
  readonly token: string;
  readonly probe: boolean;
  readonly taken: Taken & { kind: 'go' };
}

/**
 * Takes jobs to the provider: BullMQ hands them out, puts them off, hands those of dead processes out
 * again, and keeps the failed ones; what it doesn't know, the books do.
 *
 *     active ── take ──> go ──> answered ──> done: completed, and gone
 *                │                  ├──────> not now: delayed, by our backoff
 *                │                  ├──────> the line is at fault: back to wait, and all workers pause
 *                │                  └──────> can't succeed: failed
 *                ├─────> superseded: completed, and gone
 *                ├─────> busy: delayed until the older report of the message is answered
 *                ├─────> blocked: back to wait, and all workers pause
 *                └─────> suspect: again, as the only suspect of this process
 *
 * The books hear of an answer before BullMQ does. A process that dies in between leaves a job that is
 * taken once more, and is superseded then: nothing is told twice for that.
 *
 * A worker that Redis was away from for longer than a lock lasts has lost its jobs. It leaves them as
 * they are, to whoever has them.
 */
export class ReportWorker {
  readonly #worker: Worker<ReportJob>;
  readonly #line: SharedLine;
  readonly #inFlight = new Map<string, Promise<unknown>>();
  readonly #leaving = new Set<() => void>();
  #suspects: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(private readonly tools: WorkerTools) {
    const { bullmq, queue, books, host, settings, redis } = tools;
    this.#line = new SharedLine(books, host.clock, host.emit, settings.timeout);
    this.#worker = new bullmq.Worker<ReportJob>(
      queue.name,
      (job, token) => this.#hold(job, token!),
      {
        connection: redis,
        prefix: queue.opts.prefix,
        autorun: false,
        concurrency: settings.concurrency,
        limiter: limiterOf(settings.rateLimit),
        maximumRateLimitDelay: LONGEST_PAUSE,
        lockDuration: settings.timeout + 2 * STALLED_INTERVAL,
        stalledInterval: STALLED_INTERVAL,
        maxStalledCount: ANY_NUMBER,
        removeOnComplete: { count: 0 },
        runRetryDelay: SICK_INTERVAL,
      },
    );
    // What fails here is tried again by BullMQ, and a Redis that is away is said by its connection.
    this.#worker.on('error', () => {});
    this.#worker.on('failed', (job) => this.#failed(job));
  }

  start(): void {
    if (this.#worker.isRunning() || this.#stopping) return;
    void this.#worker.run();
  }

  /** What other processes learnt of the line. */
  look(): Promise<void> {
    return this.#line.look();
  }

  /** Resolves once it is connected. */
  ready(): Promise<unknown> {
    return this.#worker.waitUntilReady();
  }

  /**
   * Takes no further job, and waits for the requests in flight, at most for so many ms. What is
   * answered later is noted all the same, for as long as there is a connection.
   * @param isAway nothing can be noted: there is no use in waiting
   */
  async stop(timeout: number, isAway: boolean): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { host, books, cut } = this.tools;
    // What BullMQ waits for is rejected then, and so it ends.
    if (isAway) cut();
    const closed = this.#worker.close(isAway);
    const longest = this.#leaving.size > 0 ? timeout : LONGEST_CLOSE;
    if (await settlesWithin(host.clock, isAway ? 0 : longest, closed)) return;
    for (const leave of this.#leaving) leave();
    if (isAway || this.#inFlight.size === 0) return;
    const noted = books.survived([...this.#inFlight.keys()]).catch(() => {});
    await settlesWithin(host.clock, LONGEST_CLOSE, noted);
  }

  /** Works on a job until that is done, or the worker leaves it as it is: another one gets it then. */
  #hold(job: Job<ReportJob>, token: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(this.#left());
      this.#leaving.add(leave);
      const done = this.#process(job, token).finally(() => this.#leaving.delete(leave));
      done.then(resolve, reject);
    });
  }

  async #process(job: Job<ReportJob>, token: string): Promise<void> {
    const ref = reportOf(job.id);
    if (!ref) return;
    for (;;) {
      try {
        return await this.#take(ref, job, token, { probe: false, alone: false });
      } catch (error) {
        if (this.#isForBullMQ(error)) throw error;
        await this.#wait(SICK_INTERVAL);
      }
    }
  }

  /** Any other error would make a failed job of one whose report is on its way. */
  #isForBullMQ(error: unknown): boolean {
    const { DelayedError, RateLimitError, UnrecoverableError } = this.tools.bullmq;
    return [DelayedError, RateLimitError, UnrecoverableError].some((kind) => error instanceof kind);
  }

  async #take(
    ref: ReportRef,
    job: Job<ReportJob>,
    token: string,
    how: { probe: boolean; alone: boolean },
  ): Promise<void> {
    const { books, bullmq } = this.tools;
    const retried = job.attemptsMade > 0;
    const taking = { lease: token, retried, report: reportIn(ref, job), ...how };
    const taken = await books.take(ref, taking);
    switch (taken.kind) {
      case 'go':
        return this.#go({ ref, job, token, probe: how.probe, taken });
      case 'superseded':
        return;
      case 'failed':
        throw new bullmq.UnrecoverableError(job.data.failure?.message);
      case 'busy':
        return this.#putOff(job, token, Math.min(taken.wait, WHILE_BUSY));
      case 'suspect':
        return this.#alone(() => this.#take(ref, job, token, { ...how, alone: true }));
      case 'blocked': {
        const turn = await this.#line.turnOf(ref.messageUuid, taken.line, () => this.#isLast());
        if (turn.kind === 'all wait') return this.#pause(turn.ms);
        if (turn.kind === 'wait') return this.#putOff(job, token, turn.ms);
        return this.#take(ref, job, token, { ...how, probe: turn.kind === 'ask' });
      }
    }
  }

  async #isLast(): Promise<boolean> {
    return (await this.tools.books.totals()).pending <= 1;
  }

  /** Of the reports that may have killed a process, one at a time is in flight here. */
  #alone(run: () => Promise<void>): Promise<void> {
    const result = this.#suspects.then(run);
    this.#suspects = result.catch(() => {});
    return result;
  }

  async #go(going: Going): Promise<void> {
    const { host } = this.tools;
    const { messageUuid } = going.ref;
    if (going.taken.begun >= DEATHS) return this.#fail(going, deadly());
    const answering = host.deliver({ ...going.taken.report, attempts: going.taken.attempts });
    this.#inFlight.set(messageUuid, answering);
    try {
      await this.#answered(going, await answering);
    } finally {
      this.#inFlight.delete(messageUuid);
    }
  }

  async #answered(going: Going, answer: DeliveryAnswer): Promise<void> {
    const { taken, ref, probe } = going;
    const isCalm = answer.kind === 'done' || answer.kind === 'rejected';
    const lineAtFault =
      isCalm && !probe && !taken.lineIsTroubled
        ? false
        : await this.#insist(() => this.#line.answered(answer, ref.messageUuid, probe));
    if (answer.kind === 'done') return this.#done(going);
    if (answer.kind === 'rejected') return this.#fail(going, answer.reason);
    if (answer.kind === 'refused') return this.#refused(going, answer.reason);
    const { attempts, age } = taken;
    if (lineAtFault) return this.#retry(going, { attempts, wait: 0 }, answer.reason);
    const { maxAge } = this.tools.settings;
    if (age >= maxAge) return this.#fail(going, tooOld(answer.reason));
    const wait = this.#jitter(attempts + 1);
    return this.#retry(going, { attempts: attempts + 1, wait }, answer.reason);
  }

  /**
   * The books hear of it on the connection on which BullMQ then completes the job: Redis does the one
   * before the other, and nobody has to wait in between.
   */
  #done({ ref, token, taken }: Going): Promise<void> {
    const attempts = taken.attempts + 1;
    return new Promise((sent) => {
      this.tools.books.done(ref, token, sent).then(
        () => this.tools.host.emit({ type: 'delivered', ...taken.report, attempts }),
        // Its job isn't completed either: it is taken again.
        () => {},
      );
    });
  }

  async #fail({ ref, job, token, taken }: Going, reason: FailureReason): Promise<void> {
    const { books, bullmq, host } = this.tools;
    const attempts = taken.attempts + 1;
    const failure = { ...reason, attempts };
    await this.#insist(() => job.updateData({ ...job.data, failure }));
    const outcome = await this.#insist(() => books.fail(ref, token));
    if (outcome === 'lost') throw this.#left();
    if (outcome === 'kept') throw new bullmq.UnrecoverableError(reason.message);
    host.emit({ type: 'failed', ...taken.report, attempts, reason });
  }

  async #refused(going: Going, reason: FailureReason): Promise<void> {
    const { attempts, refusals, passed, passedBefore } = going.taken;
    const othersPassed = refusals === 0 || passed > passedBefore;
    const count = refusals + (othersPassed ? 1 : 0);
    if (count >= REFUSALS) return this.#fail(going, reason);
    return this.#retry(going, { attempts, wait: this.#jitter(count), refusals: count }, reason);
  }

  async #retry(
    { ref, job, token, taken }: Going,
    next: { attempts: number; wait: number; refusals?: number },
    reason: FailureReason,
  ): Promise<void> {
    const { books, host } = this.tools;
    const { attempts, refusals = taken.refusals } = next;
    const { passed } = taken;
    const isNewest = await this.#insist(() =>
      books.retry(ref, token, { attempts, refusals, passed }),
    );
    const wait = Math.ceil(next.wait);
    const nextAttemptAt = new Date(host.clock.now() + wait);
    host.emit({ type: 'retrying', ...taken.report, attempts, reason, nextAttemptAt });
    // A newer report has taken its place, and goes by itself.
    if (!isNewest) return;
    return wait > 0 ? this.#putOff(job, token, wait) : this.#pause(1);
  }

  async #putOff(job: Job<ReportJob>, token: string, wait: number): Promise<never> {
    await this.#insist(() => job.moveToDelayed(Date.now() + wait, token));
    throw this.#left();
  }

  /** Puts the job back, and lets no worker take one for a while: no attempt is counted. */
  async #pause(wait: number): Promise<never> {
    const { queue, bullmq } = this.tools;
    await this.#insist(() => queue.rateLimit(Math.max(1, Math.min(wait, LONGEST_PAUSE))));
    throw new bullmq.RateLimitError();
  }

  /**
   * Writes something, however often it takes: the provider shouldn't be told again for that. Of a job
   * that is lost there is nothing to write.
   */
  async #insist<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (isLost(this.tools.bullmq, error)) throw this.#left();
        await this.#wait(SICK_INTERVAL);
      }
    }
  }

  /** BullMQ does nothing with a job of which it hears this. */
  #left(): Error {
    return new this.tools.bullmq.DelayedError();
  }

  /** At its end it waits for good: the job stays with BullMQ as it is, which hands it out again. */
  #wait(ms: number): Promise<void> {
    if (this.#stopping) return new Promise(() => {});
    return new Promise((resolve) => this.tools.host.clock.after(ms, resolve));
  }

  #jitter(attempts: number): number {
    const { host, settings } = this.tools;
    return fullJitter(settings.backoff, attempts, host.random);
  }

  /** BullMQ keeps the job as failed now. */
  #failed(job: Job<ReportJob> | undefined): void {
    const ref = reportOf(job?.id);
    if (!job || !ref) return;
    this.tools.host.emit({ type: 'failed', ...reportIn(ref, job), ...failureIn(job) });
  }
}
