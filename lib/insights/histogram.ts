import { TIME_TO_CONVERT_BOUNDS } from './time-to-convert.js';

/**
 * The time that a share of all took no longer than, in ms. Within a bin times are taken to be spread
 * evenly: the result and the true time are in the same bin, so that it is off by less than the bin's
 * width.
 *
 * @param counts how many fell into each bin
 * @param share from 0 to 1
 * @returns null where there are none
 */
export function quantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(total * share));
  let before = 0;
  for (const [bin, count] of counts.entries()) {
    if (before + count >= rank && count > 0) {
      const lower = bin === 0 ? 0 : TIME_TO_CONVERT_BOUNDS[bin - 1];
      const width = TIME_TO_CONVERT_BOUNDS[bin] - lower;
      return Math.round(lower + (width * (rank - before - 0.5)) / count);
    }
    before += count;
  }
  return null;
}
