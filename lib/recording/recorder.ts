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

interface Write<T = unknown> {
  /** Id of the verification that it is about. */
  readonly verification: string;
  /** Does it, or rejects. */
  readonly write: () => Promise<T>;
  /** Gets the result. */
  readonly written: (result: T) => void;
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
 *   succeeds all the others follow. Those of one verification are tried one after the other: an
 *   outcome that overtakes its message finds nothing to settle. What is held ends with the process: only what the
 *   storage confirmed is recorded. Beyond 10,000 a write is dropped, and that is said.
 */
export class Recorder {
  readonly #deadlines: Deadlines;
  #underWay = 0;
  /** Waits until nothing is under way. */
  #idle?: () => void;
  #held: Write[] = [];
  /** Writes that were held and are tried one after the other, by verification; the first is under way. */
  readonly #inOrder = new Map<string, { writes: Write[]; allDone: Promise<boolean> }>();
  #sick = false;
  #retryScheduled = false;
  /** The one of those that were held that is tried. */
  #probe?: Write;
  #finished = false;
  /** The end of this turn of the event loop, where something waits for it. */
  #turn?: Promise<void>;
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
    let unfinished = this.#underWay + this.#held.length;
    for (const { writes } of this.#inOrder.values()) unfinished += writes.length - 1;
    return unfinished;
  }

  /**
   * Sees a write through. It never throws.
   * @param verification id of the verification that it is about
   * @param write may be called several times; it must do no harm twice
   * @param written gets its result, whenever that comes
   * @param leave is called once: when it is written, or once there is no use in waiting
   */
  record<T>(
    verification: string,
    write: () => Promise<T>,
    written: (result: T) => void,
    leave: () => void,
  ): void {
    if (this.unfinished >= HELD) {
      this.#drop(`the storage fails, and ${HELD} writes are held already`);
      return leave();
    }
    const given = { verification, write, written } as Write;
    if (this.#inOrder.has(verification)) {
      this.#inOrder.get(verification)!.writes.push(given);
      return leave();
    }
    if (!this.#finished && (this.#held.length > 0 || this.#probe)) {
      this.#held.push(given);
      return leave();
    }
    // An app that never waits learns nothing of the storage's health by it.
    if (this.#sick || this.host.recordTimeout === 0) {
      this.#try(given);
      return leave();
    }
    const waiting = this.#deadlines.start(() => {
      this.#fellSick(`a write took longer than recordTimeout, ${this.host.recordTimeout} ms`);
      leave();
    });
    this.#try(given, () => {
      if (this.#deadlines.end(waiting)) leave();
    });
  }

  /**
   * Resolves at the end of this turn of the event loop. A busy app completes many handlers in one turn;
   * what is done for all of them in one go costs half of what it does between one request's steps and
   * the next one's, for it stays in the processor's caches. All wait for the same promise: each goes on
   * in its own request's context, with its span and whatever else hangs on AsyncLocalStorage.
   */
  endOfTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      }),
    );
    return this.#turn;
  }

  /** Waits for something that is not the storage's, no longer than for a write. Never rejects. */
  waitAtMost(promise: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#deadlines.start(resolve);
      const settled = (): void => {
        if (this.#deadlines.end(waiting)) resolve();
      };
      promise.then(settled, settled);
    });
  }

  /**
   * Tries what is held of a verification, for somebody who writes past the recorder and must not
   * overtake it.
   * @returns whether nothing of it waits any more
   */
  async catchUp(verification: string): Promise<boolean> {
    const before = this.#inOrder.get(verification);
    if (before) return before.allDone;
    if (this.#probe?.verification === verification) return false;
    const own = this.#held.filter((write) => write.verification === verification);
    if (own.length === 0) return true;
    this.#held = this.#held.filter((write) => write.verification !== verification);
    return this.#tryInOrder(own);
  }

  /**
   * Tries what is held once more, and waits for what is under way, at most `recordTimeout`. From then on
   * nothing is held: what still comes is recorded at once, or lost.
   */
  async finish(): Promise<void> {
    await this.#turn;
    this.#tryHeld();
    if (this.#underWay > 0)
      await this.waitAtMost(new Promise<void>((resolve) => (this.#idle = resolve)));
    const { unfinished } = this;
    this.#finished = true;
    this.#held = [];
    if (unfinished === 0) return;
    this.host.logger.error(`${unfinished} writes could not be recorded before the process ended`);
  }

  /** @param tried gets whether it is done; if not, it is held */
  #try(given: Write, tried?: (isDone: boolean) => void): void {
    this.#underWay += 1;
    const ended = (isDone: boolean): void => {
      this.#underWay -= 1;
      tried?.(isDone);
      if (this.#underWay === 0) this.#idle?.();
    };
    const failed = (error: unknown): void => {
      this.#hold(given, error);
      ended(false);
    };
    // A storage of the app's may throw where it should reject.
    const started = new Promise((resolve) => resolve(given.write()));
    started.then((result) => {
      try {
        given.written(result);
      } catch (error) {
        return failed(error);
      }
      this.#recovered();
      ended(true);
    }, failed);
  }

  #hold(write: Write, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#finished) {
      return this.#drop(why);
    }
    this.#held.push(write);
    this.#fellSick(why);
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    if (this.#retryScheduled || this.#probe) return;
    this.#retryScheduled = true;
    this.host.clock.after(RETRY_INTERVAL, () => this.#retry());
  }

  #retry(): void {
    this.#retryScheduled = false;
    const first = this.#held.shift();
    if (!first) return;
    this.#probe = first;
    this.#try(first, (isDone) => {
      this.#probe = undefined;
      if (this.#finished) return;
      if (isDone) return this.#tryHeld();
      this.#putLast(first);
      this.#scheduleRetry();
    });
  }

  #tryHeld(): void {
    const held = new Map<string, Write[]>();
    for (const write of this.#held.splice(0)) {
      const before = held.get(write.verification);
      if (before) before.push(write);
      else held.set(write.verification, [write]);
    }
    for (const writes of held.values()) void this.#tryInOrder(writes);
  }

  /** Tries writes of one verification. Resolves to whether all are done; those that aren't are held. */
  #tryInOrder(writes: Write[]): Promise<boolean> {
    const [{ verification }] = writes;
    const next = (): Promise<boolean> =>
      new Promise((resolve) => {
        this.#try(writes[0], (isDone) => {
          writes.shift();
          if (isDone && writes.length > 0) return resolve(next());
          this.#inOrder.delete(verification);
          if (!this.#finished) this.#held.push(...writes);
          else writes.forEach(() => this.#drop('what came before it could not be recorded'));
          resolve(isDone);
        });
      });
    const allDone = next();
    this.#inOrder.set(verification, { writes, allDone });
    return allDone;
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

  #recovered(): void {
    this.#saidDropped = false;
    if (this.#sick) this.host.logger.log('Conversions are recorded again');
    this.#sick = false;
  }

  #drop(reason: string): void {
    this.host.emit({ type: 'dropped', reason });
    if (this.#saidDropped) return;
    this.#saidDropped = true;
    this.host.logger.error(`Conversions are lost from now on: ${reason}`);
  }
}
