import { setImmediate } from 'node:timers';
import { LoggerService } from '@nestjs/common';
import { ConversionFeedbackEvent } from '../conversion-feedback.events.js';
import { Clock } from '../delivery/clock.js';
import { Deadlines } from './deadlines.js';

/** Writes that are held in memory at most while the storage can't take them. */
const HELD = 10_000;
/** Ms between two tries while it can't. */
const RETRY_INTERVAL = 1_000;

/** What the recorder stands on. */
export interface RecorderHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Longest wait of a response for its recording, in ms. */
  readonly recordTimeout: number;
  readonly emit: (event: ConversionFeedbackEvent) => void;
}

interface Write {
  /** Id of the verification that it is about. */
  readonly verification: string;
  /** Does it, or rejects. */
  readonly attempt: () => Promise<void>;
}

/**
 * Stands between a login and the storage: it waits for a write as long as that is worth it, and no
 * longer, and sees the write through whatever happens to it.
 *
 *     well ── a write isn't done within recordTimeout, or fails ──> sick
 *       ^                                                             │
 *       └───────────────── a write is done ───────────────────────────┘
 *
 * - well: a response waits for its write, at most `recordTimeout`.
 * - sick: no response waits. Writes that failed are held in memory, and those that come meanwhile
 *   join them untried; one is tried every second, each time of another verification, and once one
 *   succeeds all the others follow. Those of one verification keep their order: an outcome that
 *   overtakes its message finds nothing to settle. What is held ends with the process: only what the
 *   storage confirmed is recorded. Beyond 10,000 a write is dropped, and that is said.
 */
export class Recorder {
  readonly #deadlines: Deadlines;
  readonly #underWay = new Set<Promise<boolean>>();
  #held: Write[] = [];
  #sick = false;
  #retryScheduled = false;
  /** Whether one of those that were held is tried. */
  #probing = false;
  #finished = false;
  /** The end of this turn of the event loop, where something waits for it. */
  #endOfTurn?: Promise<void>;
  #saidDropped = false;

  constructor(private readonly host: RecorderHost) {
    this.#deadlines = new Deadlines(host.recordTimeout, host.clock);
  }

  /** Whether a write failed, or took too long, and none has been done since. */
  get isSick(): boolean {
    return this.#sick;
  }

  /** Writes that are under way or held. */
  get unfinished(): number {
    return this.#underWay.size + this.#held.length;
  }

  /**
   * Sees a write through.
   * @param verification id of the verification that it is about
   * @param write may be called several times; it must do no harm twice
   * @param written gets its result, whenever that comes
   * @returns resolves once written, or once there is no use in waiting; never rejects
   */
  record<T>(
    verification: string,
    write: () => Promise<T>,
    written: (result: T) => void,
  ): Promise<void> {
    if (this.unfinished >= HELD) {
      this.#drop(`the storage fails, and ${HELD} writes are held already`);
      return Promise.resolve();
    }
    // A storage of the app's may throw where it should reject.
    const attempt = async (): Promise<void> => written(await write());
    const held = { verification, attempt };
    if (!this.#finished && (this.#held.length > 0 || this.#probing)) {
      this.#held.push(held);
      return Promise.resolve();
    }
    const trying = this.#try(held);
    return this.#sick ? Promise.resolve() : this.#waitFor(trying);
  }

  /**
   * Runs something at the end of this turn of the event loop. A busy app completes many handlers in one
   * turn; what is done for all of them in one go costs half of what it does between one request's steps
   * and the next one's, for it stays in the processor's caches.
   */
  async atEndOfTurn(run: () => Promise<void> | undefined): Promise<void> {
    this.#endOfTurn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#endOfTurn = undefined;
        resolve();
      });
    });
    await this.#endOfTurn;
    await run();
  }

  /** Waits for something that is not the storage's, no longer than for a write. Never rejects. */
  waitAtMost(promise: Promise<unknown>): Promise<void> {
    return this.#wait(promise, () => {});
  }

  /**
   * Tries what is held once more, and waits for what is under way, at most `recordTimeout`. From then on
   * nothing is held: what still comes is recorded at once, or lost.
   */
  async finish(): Promise<void> {
    await this.#endOfTurn;
    this.#tryHeld();
    await this.waitAtMost(Promise.all(this.#underWay));
    const { unfinished } = this;
    this.#finished = true;
    this.#held = [];
    if (unfinished === 0) return;
    this.host.logger.error(`${unfinished} writes could not be recorded before the process ended`);
  }

  #waitFor(write: Promise<boolean>): Promise<void> {
    // An app that never waits learns nothing by it.
    if (this.host.recordTimeout === 0) return Promise.resolve();
    return this.#wait(write, () => {
      this.#fellSick(`a write took longer than recordTimeout, ${this.host.recordTimeout} ms`);
    });
  }

  #wait(promise: Promise<unknown>, gaveUp: () => void): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deadlines.start(() => {
        gaveUp();
        resolve();
      });
      const settled = (): void => {
        cancel();
        resolve();
      };
      promise.then(settled, settled);
    });
  }

  /** Resolves to whether the write is done; if not, it is held. */
  #try(write: Write): Promise<boolean> {
    const trying = write.attempt().then(
      () => this.#recovered(),
      (error: unknown) => this.#hold(write, error),
    );
    this.#underWay.add(trying);
    void trying.then(() => this.#underWay.delete(trying));
    return trying;
  }

  #hold(write: Write, error: unknown): false {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#finished) {
      this.#drop(why);
      return false;
    }
    this.#held.push(write);
    this.#fellSick(why);
    this.#scheduleRetry();
    return false;
  }

  #scheduleRetry(): void {
    if (this.#retryScheduled || this.#probing) return;
    this.#retryScheduled = true;
    this.host.clock.after(RETRY_INTERVAL, () => void this.#retry());
  }

  async #retry(): Promise<void> {
    this.#retryScheduled = false;
    const first = this.#held.shift();
    if (!first) return;
    this.#probing = true;
    const isDone = await this.#try(first);
    this.#probing = false;
    if (this.#finished) return;
    if (isDone) return this.#tryHeld();
    this.#putLast(first);
    this.#scheduleRetry();
  }

  #tryHeld(): void {
    for (const write of this.#held.splice(0)) void this.#try(write);
  }

  /** Lets other verifications go before this write and those that have to follow it. */
  #putLast(first: Write): void {
    const others = this.#held.filter(({ verification }) => verification !== first.verification);
    const following = this.#held.filter(
      (write) => write.verification === first.verification && write !== first,
    );
    this.#held = [...others, first, ...following];
  }

  #fellSick(why: string): void {
    if (this.#sick) return;
    this.#sick = true;
    this.host.logger.error(
      `Conversions can't be recorded now (${why}): logins don't wait for it, and it is tried again`,
    );
  }

  #recovered(): true {
    this.#saidDropped = false;
    if (this.#sick) this.host.logger.log('Conversions are recorded again');
    this.#sick = false;
    return true;
  }

  #drop(reason: string): void {
    this.host.emit({ type: 'dropped', reason });
    if (this.#saidDropped) return;
    this.#saidDropped = true;
    this.host.logger.error(`Conversions are lost from now on: ${reason}`);
  }
}
