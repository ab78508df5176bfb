import { Clock } from '../delivery/clock.js';

interface Waiter {
  readonly due: number;
  readonly passed: () => void;
}

/**
 * One time limit for many waits, with one timer for all of them: nearly every wait ends long before
 * its deadline, and a timer for each would cost more than all the rest.
 */
export class Deadlines {
  /** In the order of their deadlines, since the limit is the same for all. */
  readonly #waiting = new Set<Waiter>();
  #armed = false;

  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
  ) {}

  /** Calls back once the limit has passed, unless the returned function is called before. */
  start(passed: () => void): () => void {
    const waiter = { due: this.clock.elapsed() + this.limit, passed };
    this.#waiting.add(waiter);
    this.#arm(this.limit);
    return () => this.#waiting.delete(waiter);
  }

  #arm(ms: number): void {
    if (this.#armed) return;
    this.#armed = true;
    this.clock.after(ms, () => this.#fire());
  }

  #fire(): void {
    this.#armed = false;
    const now = this.clock.elapsed();
    for (const waiter of this.#waiting) {
      if (waiter.due > now) {
        this.#arm(waiter.due - now);
        return;
      }
      this.#waiting.delete(waiter);
      waiter.passed();
    }
  }
}
