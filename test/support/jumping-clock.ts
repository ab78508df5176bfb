import { Clock } from '../../lib/delivery/clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Time that stands still until a test moves it, and then jumps: a week costs no more than a second.
 * Timers that became due meanwhile fire once, late, as they do on a machine that was asleep.
 */
export class JumpingClock {
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  constructor(private readonly start = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.start + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, and fires what is due by then, the earliest first. */
  jump(ms: number): void {
    this.#elapsed += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#elapsed);
    for (const timer of due.sort((a, b) => a.at - b.at)) {
      // One that fired before may have cancelled it.
      if (this.#timers.delete(timer)) timer.callback();
    }
  }
}

interface OwnTimer {
  readonly callback: () => void;
  stop(): void;
}

/** What one of several processes sees of the time: its timers stop when it dies. */
export class ProcessClock implements Clock {
  readonly #timers = new Set<OwnTimer>();
  #state: 'alive' | 'dead' | 'buried' = 'alive';

  constructor(private readonly clock: JumpingClock) {}

  now(): number {
    return this.clock.now();
  }

  elapsed(): number {
    return this.clock.elapsed();
  }

  after(ms: number, callback: () => void): () => void {
    const timer: OwnTimer = { callback, stop: () => {} };
    this.#timers.add(timer);
    if (this.#state === 'alive') timer.stop = this.clock.after(ms, () => this.#fire(timer));
    if (this.#state === 'buried') this.#fireSoon(timer);
    return () => {
      timer.stop();
      this.#timers.delete(timer);
    };
  }

  /** Nothing happens in this process any more. */
  die(): void {
    this.#state = 'dead';
    for (const timer of this.#timers) timer.stop();
  }

  /** What is left of a process is to be closed: all its timers fire, since no time passes for it. */
  bury(): void {
    this.die();
    this.#state = 'buried';
    for (const timer of this.#timers) this.#fireSoon(timer);
  }

  #fireSoon(timer: OwnTimer): void {
    const immediate = setImmediate(() => this.#fire(timer));
    timer.stop = () => clearImmediate(immediate);
  }

  #fire(timer: OwnTimer): void {
    if (this.#timers.delete(timer)) timer.callback();
  }
}
