import { describe, expect, it } from '@jest/globals';
import { backoffCeiling, fullJitter } from '../../../lib/delivery/backoff.js';

const backoff = { initial: 1_000, max: 600_000 };

describe('the wait before a report is tried again', () => {
  it('has a ceiling that doubles from initial up to max', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => backoffCeiling(backoff, n));
    expect(ceilings).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 600_000,
      600_000,
    ]);
  });

  it('stays at max after any number of tries', () => {
    expect(backoffCeiling(backoff, 5_000)).toBe(600_000);
  });

  it('lies anywhere between nothing and the ceiling', () => {
    expect(fullJitter(backoff, 4, () => 0)).toBe(0);
    expect(fullJitter(backoff, 4, () => 0.5)).toBe(4_000);
    expect(fullJitter(backoff, 4, () => 0.999)).toBeCloseTo(7_992);
  });
});
