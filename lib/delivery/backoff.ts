import { Random } from './clock.js';

/** How long a report waits between two requests, in ms. */
export interface Backoff {
  /** Longest wait before the second request; it doubles with each further one. */
  readonly initial: number;
  /** Longest wait of all. */
  readonly max: number;
}

/** The longest wait after so many failed requests. */
export function backoffCeiling({ initial, max }: Backoff, attempts: number): number {
  return Math.min(max, initial * 2 ** Math.max(0, attempts - 1));
}

/**
 * A wait anywhere between 0 and the ceiling (full jitter): of many reports that failed together no
 * two come back together.
 */
export function fullJitter(backoff: Backoff, attempts: number, random: Random): number {
  return random() * backoffCeiling(backoff, attempts);
}
