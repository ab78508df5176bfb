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

/** What one of several processes sees of the time: its timers die with it. */
export class ProcessClock implements Clock {
  readonly #cancels = new Set<() => void>();
  #state: 'alive' | 'dead' | 'buried' = 'alive';

  constructor(private readonly clock: JumpingClock) {}

  now(): number {
    return this.clock.now();
  }

  elapsed(): number {
    return this.clock.elapsed();
  }

  after(ms: number, callback: () => void): () => void {
    if (this.#state === 'dead') return () => {};
    if (this.#state === 'buried') {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const cancel = this.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  /** Nothing happens in this process any more. */
  die(): void {
    this.#state = 'dead';
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  /** What is left of a dead process may be closed: nothing has to wait for that. */
  bury(): void {
    this.#state = 'buried';
  }
}
