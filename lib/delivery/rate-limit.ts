/** At most `max` requests within any `duration` ms. */
export interface RateLimit {
  readonly max: number;
  readonly duration: number;
}

/**
 * A sliding window: no span of `duration` ms ever holds more than `max` requests, wherever it
 * starts. A token bucket would allow twice as many at its edge. Times are ms of a clock that only
 * runs forward.
 */
export class SlidingWindow {
  readonly #starts: number[] = [];
  #oldest = 0;

  constructor(private readonly limit: RateLimit) {}

  /** The earliest moment at which another request may start: `now`, or later. */
  nextAt(now: number): number {
    if (this.#starts.length < this.limit.max) return now;
    return Math.max(now, this.#starts[this.#oldest] + this.limit.duration);
  }

  /** Notes a request that starts now. */
  take(now: number): void {
    if (this.#starts.length < this.limit.max) {
      this.#starts.push(now);
      return;
    }
    this.#starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.limit.max;
  }
}

/** The window of a line without a limit. */
export const unlimited: Pick<SlidingWindow, 'nextAt' | 'take'> = {
  nextAt: (now) => now,
  take: () => {},
};
