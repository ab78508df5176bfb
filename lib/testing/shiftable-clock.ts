import { Clock } from '../delivery/clock.js';

/** Real time that can be moved forward: a wait of days takes no longer than the next timer. */
export class ShiftableClock implements Clock {
  #shift = 0;

  now(): number {
    return Date.now() + this.#shift;
  }

  elapsed(): number {
    return performance.now() + this.#shift;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }

  /** Moves time on by so many ms, or back by a negative number. */
  shift(ms: number): void {
    this.#shift += ms;
  }
}
