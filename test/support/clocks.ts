import { Clock } from '../../lib/delivery/clock.js';

export { ShiftableClock } from '../../lib/testing/shiftable-clock.js';

interface Timer {
  at: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
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

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, and lets everything happen that is due until then, in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at).at(0);
      if (!next || next.at > end) break;
      this.#timers.delete(next);
      this.#elapsed = next.at;
      next.callback();
      await settled();
    }
    this.#elapsed = end;
    await settled();
  }

  /**
   * Moves time on at once: a week costs no more than a second. Timers that became due meanwhile fire
   * once, late, as they do on a machine that was asleep.
   */
  jump(ms: number): void {
    this.#elapsed += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.#elapsed);
    for (const timer of due.sort((a, b) => a.at - b.at)) {
      // One that fired before may have cancelled it.
      if (this.#timers.delete(timer)) timer.callback();
    }
  }

  /** Moves time on in jumps: for spans of days. */
  async leap(ms: number, step: number): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.jump(Math.min(left, step));
      await settled();
    }
  }
}

/** Lets all promises that can settle without time passing do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
