const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Upper bounds, in ms and included, of the bins that times to convert are counted in: from 1 second
 * to 24 hours. What took longer counts in the last. A bound is at most twice the one before; from
 * 2 seconds to 15 minutes, where nearly all codes are typed, at most 1.67 times; the last three times.
 */
export const TIME_TO_CONVERT_BOUNDS: readonly number[] = [
  ...[1, 2, 3, 5, 7, 10, 15, 20, 30, 45].map((seconds) => seconds * SECOND),
  ...[1, 1.5, 2, 3, 5, 7.5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4, 8, 24].map((hours) => hours * HOUR),
];

/** Which bin a time to convert, in ms, counts in. */
export function binOf(time: number): number {
  const last = TIME_TO_CONVERT_BOUNDS.length - 1;
  let bin = 0;
  while (bin < last && time > TIME_TO_CONVERT_BOUNDS[bin]) bin += 1;
  return bin;
}
