import { Clock } from '../delivery/clock.js';

/** Real time that can be moved: a wait of days takes no longer than the next timer. */
export class ShiftableClock implements Clock {
  #shift = 0;
  #forward = 0;

  now(): number {
    return Date.now() + this.#shift;
  }

  elapsed(): number {
    return performance.now() + this.#forward;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }

  /**
   * Moves time on by so many ms. A negative number sets the clock back, as a person or NTP does:
   * `now()` jumps, and `elapsed()` goes on.
   */
  shift(ms: number): void {
    this.#shift += ms;
    this.#forward += Math.max(0, ms);
  }
}
