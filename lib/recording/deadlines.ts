import { Clock } from '../delivery/clock.js';

/** A wait with a deadline. */
export interface Waiting {
  readonly due: number;
  readonly passed: () => void;
}

/**
 * One time limit for many waits, with one timer for all of them: nearly every wait ends long before
 * its deadline, and a timer for each would cost more than all the rest.
 */
export class Deadlines {
  /** In the order of their deadlines, since the limit is the same for all. */
  readonly #waiting = new Set<Waiting>();
  #armed = false;

  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
  ) {}

  /** Calls back once the limit has passed, unless the wait is ended before. */
  start(passed: () => void): Waiting {
    const waiting = { due: this.clock.elapsed() + this.limit, passed };
    this.#waiting.add(waiting);
    this.#arm(this.limit);
    return waiting;
  }

  /** Returns whether it still waited. */
  end(waiting: Waiting): boolean {
    return this.#waiting.delete(waiting);
  }

  #arm(ms: number): void {
    if (this.#armed) return;
    this.#armed = true;
    this.clock.after(ms, () => this.#fire());
  }

  #fire(): void {
    this.#armed = false;
    const now = this.clock.elapsed();
    for (const waiting of this.#waiting) {
      if (waiting.due > now) {
        this.#arm(waiting.due - now);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.passed();
    }
  }
}
