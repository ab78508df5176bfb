/** At most `max` requests within any `duration` ms. */
export interface RateLimit {
  readonly max: number;
  readonly duration: number;
}

/** When requests may start. Times are ms of a clock that only runs forward. */
export interface RequestWindow {
  /** The earliest moment at which another request may start: `now`, or later. */
  nextAt(now: number): number;
  /** Notes a request that starts now. */
  take(now: number): void;
  /** Takes it that another process used all it may, its last request at this moment. */
  assumeUsed(lastRequestAt: number): void;
}

/**
 * A sliding window: no span of `duration` ms ever holds more than `max` requests, wherever it
 * starts. A token bucket would allow twice as many at its edge.
 */
export class SlidingWindow {
  readonly #starts: number[] = [];
  #oldest = 0;

  constructor(private readonly limit: RateLimit) {}

  nextAt(now: number): number {
    if (this.#starts.length < this.limit.max) return now;
    return Math.max(now, this.#starts[this.#oldest] + this.limit.duration);
  }

  take(now: number): void {
    if (this.#starts.length < this.limit.max) {
      this.#starts.push(now);
      return;
    }
    this.#starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.limit.max;
  }
}

/** The part of `max` that may go within a fifth of `duration`: a tenth more than its share. */
const PART = 0.22;

/**
 * A rate limit that is used evenly: no fifth of `duration` holds more than a little over a fifth of
 * the requests. The account's other requests find room between ours at any moment, and whoever takes
 * over from a process of which nothing is known but that it kept to this needs to wait for a fifth
 * of `duration`, not for all of it.
 */
export class PacedWindow implements RequestWindow {
  readonly #whole: SlidingWindow;
  readonly #part: RateLimit;
  readonly #fifth: SlidingWindow;

  constructor(private readonly limit: RateLimit) {
    this.#whole = new SlidingWindow(limit);
    this.#part = { max: Math.ceil(limit.max * PART), duration: Math.floor(limit.duration / 5) };
    this.#fifth = new SlidingWindow(this.#part);
  }

  nextAt(now: number): number {
    return this.#fifth.nextAt(this.#whole.nextAt(now));
  }

  take(now: number): void {
    this.#whole.take(now);
    this.#fifth.take(now);
  }

  assumeUsed(lastRequestAt: number): void {
    for (let left = this.limit.max - 1; left >= 0; left -= 1) {
      this.take(lastRequestAt - Math.floor(left / this.#part.max) * this.#part.duration);
    }
  }
}

/** The window of a line without a limit. */
export const unlimited: RequestWindow = {
  nextAt: (now) => now,
  take: () => {},
  assumeUsed: () => {},
};
