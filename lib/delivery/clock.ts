/** Time as the library sees it. Tests put a clock of their own in its place. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ms since some fixed moment; unlike `now`, it is never set back or forward. */
  elapsed(): number;
  /** Calls back after so many ms; never keeps the process alive. Returns a function that cancels. */
  after(ms: number, callback: () => void): () => void;
}

/** Node caps a timer at 2^31 - 1 ms and fires a longer one at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_TIMER));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves to whether a promise settled within so many ms; rejects where it did so with an error. */
export function settlesWithin(
  clock: Clock,
  ms: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false));
    promise.then(() => resolve(true), reject).finally(cancel);
  });
}

/** A number from 0 up to, not including, 1. */
export type Random = () => number;

/** Injection token of the clock. */
export const CLOCK = Symbol('CLOCK');
/** Injection token of the source of random numbers. */
export const RANDOM = Symbol('RANDOM');
