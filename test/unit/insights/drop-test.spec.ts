import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chanceOf, Sample } from '../../../lib/insights/drop-test.js';

/** All ways to choose so many of so many, counted exactly. */
function choices(all: number, chosen: number): bigint {
  let ways = 1n;
  for (let i = 1; i <= chosen; i += 1) ways = (ways * BigInt(all - chosen + i)) / BigInt(i);
  return ways;
}

/** The same question answered by counting: draws of the converted among all that were sent. */
function counted(some: Sample, normal: Sample): number {
  const converted = some.converted + normal.converted;
  const ways = (inSome: number): bigint =>
    choices(some.sent, inSome) * choices(normal.sent, converted - inSome);
  let as = 0n;
  for (let low = Math.max(0, converted - normal.sent); low <= some.converted; low += 1)
    as += ways(low);
  const scale = 10n ** 30n;
  return Number((as * scale) / choices(some.sent + normal.sent, converted)) / Number(scale);
}

const samples = (most: number): fc.Arbitrary<Sample> =>
  fc
    .integer({ min: 1, max: most })
    .chain((sent) => fc.record({ sent: fc.constant(sent), converted: fc.nat(sent) }));

describe('the test of two rates', () => {
  it('says how likely chance alone makes the lower one, as counting does', () => {
    fc.assert(
      fc.property(samples(30), samples(200), (some, normal) => {
        const isLower = some.converted * normal.sent <= normal.converted * some.sent;
        const exact = isLower ? counted(some, normal) : 1;
        expect(Math.abs(chanceOf(some, normal) - exact)).toBeLessThan(1e-9 + exact * 1e-9);
      }),
    );
  });

  it('is one where the rate isn’t lower', () => {
    expect(chanceOf({ sent: 10, converted: 9 }, { sent: 100, converted: 80 })).toBe(1);
  });

  it('isn’t moved by how few there are: none of nine is rarer than one in a million, none of three is not', () => {
    const normal = { sent: 100_000, converted: 80_000 };
    expect(chanceOf({ sent: 9, converted: 0 }, normal)).toBeCloseTo(0.2 ** 9, 8);
    expect(chanceOf({ sent: 3, converted: 0 }, normal)).toBeCloseTo(0.2 ** 3, 4);
  });

  it('answers for millions of messages', () => {
    const normal = { sent: 10_000_000, converted: 8_000_000 };
    expect(chanceOf({ sent: 1_000_000, converted: 790_000 }, normal)).toBeLessThan(1e-100);
    const usual = chanceOf({ sent: 1_000_000, converted: 799_800 }, normal);
    expect(usual).toBeGreaterThan(0.2);
    expect(usual).toBeLessThan(0.5);
  });
});
