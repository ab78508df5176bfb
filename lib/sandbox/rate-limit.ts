/**
 * At most `max` requests within any `duration` ms: a sliding window. Refused requests don't count.
 * Not the one that delivery keeps to: the sandbox is the witness of it, and mustn't share its faults.
 */
export class SlidingWindow {
  #taken: number[] = [];

  constructor(
    private readonly max: number,
    private readonly duration: number,
    private readonly now: () => number,
  ) {}

  /** Whether a request may pass now; it counts if so. */
  take(): boolean {
    const now = this.now();
    while (this.#taken.length > 0 && this.#taken[0] <= now - this.duration) this.#taken.shift();
    if (this.#taken.length >= this.max) return false;
    this.#taken.push(now);
    return true;
  }

  reset(): void {
    this.#taken = [];
  }
}
