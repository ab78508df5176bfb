import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TIME_TO_CONVERT_BOUNDS } from '../../../lib/index.js';
import { PROMPT } from '../../../lib/insights/bucket.js';
import { quantile } from '../../../lib/insights/histogram.js';
import { binOf } from '../../../lib/insights/time-to-convert.js';

const DAY = 86_400_000;

/** How many of the times fall into each bin. */
function countsOf(times: readonly number[]): number[] {
  const counts = TIME_TO_CONVERT_BOUNDS.map(() => 0);
  for (const time of times) counts[binOf(time)] += 1;
  return counts;
}

describe('times to convert', () => {
  it('are counted in bins from one second to a day, each at most three times the one before', () => {
    expect(TIME_TO_CONVERT_BOUNDS.at(0)).toBe(1_000);
    expect(TIME_TO_CONVERT_BOUNDS.at(-1)).toBe(DAY);
    for (const [i, bound] of TIME_TO_CONVERT_BOUNDS.entries()) {
      const ratio = i === 0 ? 1 : bound / TIME_TO_CONVERT_BOUNDS[i - 1];
      expect(ratio).toBeLessThanOrEqual(bound <= 900_000 ? 2 : 3);
    }
    expect(TIME_TO_CONVERT_BOUNDS).toContain(PROMPT);
  });

  it('fall into the bin whose bound they don’t exceed; longer ones into the last', () => {
    expect([-5_000, 0, 1_000, 1_001, 2_000, DAY, 3 * DAY].map(binOf)).toEqual([
      0, 0, 0, 1, 1, 23, 23,
    ]);
  });

  it('have no median where there are none', () => {
    expect(quantile(countsOf([]), 0.5)).toBeNull();
  });

  it('have a median and a p95 in the bin of the true ones, whatever they are', () => {
    const times = fc.array(fc.integer({ min: 0, max: DAY }), { minLength: 1, maxLength: 300 });
    const shares = fc.constantFrom(0.5, 0.95, 0.01, 1);
    const property = fc.property(times, shares, (all, share) => {
      const sorted = all.toSorted((one, other) => one - other);
      const exact = sorted[Math.ceil(sorted.length * share) - 1];
      expect(binOf(quantile(countsOf(all), share)!)).toBe(binOf(exact));
    });
    fc.assert(property);
  });

  it('are taken to be spread evenly within a bin', () => {
    const evenly = Array.from({ length: 1_000 }, (_, i) => 30_000 + 15 * (i + 1));
    expect(quantile(countsOf(evenly), 0.5)).toBeCloseTo(37_500, -2);
    expect(quantile(countsOf(evenly), 0.95)).toBeCloseTo(44_250, -2);
  });
});
