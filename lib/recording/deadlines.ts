import { Clock } from '../delivery/clock.js';

/** A wait with a deadline. */
export class Waiting {
  before: Waiting | undefined = undefined;
  after: Waiting | undefined = undefined;

  constructor(
    readonly due: number,
    readonly passed: () => void,
  ) {}
}

/**
 * One time limit for many waits, with one timer for all of them: nearly every wait ends long before
 * its deadline, and a timer for each would cost more than all the rest.
 *
 * The waits are a list, and one that is over refers to no other. In a Set they lived on until V8's next
 * full collection, with the requests that they belong to: a Set that grows leaves a table behind, which
 * refers to all that was in it and to the table that follows.
 */
export class Deadlines {
  /** In the order of their deadlines, since the limit is the same for all. */
  #first?: Waiting;
  #last?: Waiting;
  #armed = false;

  constructor(
    private readonly limit: number,
    private readonly clock: Clock,
  ) {}

  /** Calls back once the limit has passed, unless the wait is ended before. */
  start(passed: () => void): Waiting {
    const waiting = new Waiting(this.clock.elapsed() + this.limit, passed);
    waiting.before = this.#last;
    if (this.#last) this.#last.after = waiting;
    else this.#first = waiting;
    this.#last = waiting;
    this.#arm(this.limit);
    return waiting;
  }

  /** Returns whether it still waited. */
  end(waiting: Waiting): boolean {
    const { before, after } = waiting;
    if (!before && this.#first !== waiting) return false;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    waiting.before = undefined;
    waiting.after = undefined;
    return true;
  }

  #arm(ms: number): void {
    if (this.#armed) return;
    this.#armed = true;
    this.clock.after(ms, () => this.#fire());
  }

  #fire(): void {
    this.#armed = false;
    const now = this.clock.elapsed();
    for (let first = this.#first; first; first = this.#first) {
      if (first.due > now) {
        this.#arm(first.due - now);
        return;
      }
      this.end(first);
      first.passed();
    }
  }
}
