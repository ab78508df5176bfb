import { Clock } from '../../lib/delivery/clock.js';
import { ManualClock } from './clocks.js';

interface OwnTimer {
  readonly callback: () => void;
  stop(): void;
}

/** What one of several processes sees of the time: its timers stop when it dies. */
export class ProcessClock implements Clock {
  readonly #timers = new Set<OwnTimer>();
  #state: 'alive' | 'dead' | 'buried' = 'alive';

  constructor(private readonly clock: ManualClock) {}

  now(): number {
    return this.clock.now();
  }

  elapsed(): number {
    return this.clock.elapsed();
  }

  after(ms: number, callback: () => void): () => void {
    const timer: OwnTimer = { callback, stop: () => {} };
    this.#timers.add(timer);
    if (this.#state === 'alive') timer.stop = this.clock.after(ms, () => this.#fire(timer));
    if (this.#state === 'buried') this.#fireSoon(timer);
    return () => {
      timer.stop();
      this.#timers.delete(timer);
    };
  }

  /** Nothing happens in this process any more. */
  die(): void {
    this.#state = 'dead';
    for (const timer of this.#timers) timer.stop();
  }

  /** What is left of a process is to be closed: all its timers fire, since no time passes for it. */
  bury(): void {
    this.die();
    this.#state = 'buried';
    for (const timer of this.#timers) this.#fireSoon(timer);
  }

  #fireSoon(timer: OwnTimer): void {
    const immediate = setImmediate(() => this.#fire(timer));
    timer.stop = () => clearImmediate(immediate);
  }

  #fire(timer: OwnTimer): void {
    if (this.#timers.delete(timer)) timer.callback();
  }
}
