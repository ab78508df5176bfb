import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimit } from '../../../lib/index.js';
import { limiterOf } from '../../../lib/storage/bullmq/limiter.js';

/** A window of BullMQ's: begun by a job, at once after the one before or later. */
const windows = fc.array(
  fc.record({
    idle: fc.oneof(fc.constant(0), fc.nat(1_000)),
    /** When its jobs come, as parts of the window; the first begins it. */
    jobs: fc.array(
      fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        maxLength: 60,
      },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

const limits = fc.record({
  max: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000 })),
  duration: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 600_000 })),
});

/** When jobs go, in ms, where BullMQ lets through as many as it may. */
function moments(
  limiter: RateLimit,
  given: typeof windows extends fc.Arbitrary<infer T> ? T : never,
): number[] {
  let begin = 0;
  return given.flatMap(({ idle, jobs }) => {
    begin += idle;
    const last = limiter.duration - 1;
    const parts = [0, ...jobs].slice(0, limiter.max);
    const times = parts.map((part) => begin + Math.round(part * last));
    begin += limiter.duration;
    return times;
  });
}

function mostWithin(duration: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((from, index) => sorted.slice(index).filter((at) => at < from + duration).length),
  );
}

describe('the limit that is given to BullMQ', () => {
  it('lets no span hold more than max, however the jobs come', () => {
    fc.assert(
      fc.property(limits, windows, (limit, given) => {
        const times = moments(limiterOf(limit), given);
        expect(mostWithin(limit.duration, times)).toBeLessThanOrEqual(limit.max);
      }),
      { numRuns: 1_500 },
    );
  });

  it('holds where every window is late by the most, and the next one early', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const limiter = limiterOf(limit);
        const full = Array.from({ length: Math.min(limiter.max, 1_000) - 1 }, () => 1);
        const early = full.map(() => 0);
        const count = Math.ceil(limit.duration / limiter.duration) + 1;
        const given = [
          { idle: 0, jobs: full },
          ...Array.from({ length: Math.min(count, 200) }, () => ({ idle: 0, jobs: early })),
        ];
        expect(mostWithin(limit.duration, moments(limiter, given))).toBeLessThanOrEqual(limit.max);
      }),
      { numRuns: 500 },
    );
  });

  it('loses little of what is allowed: at least a half, where a span is 100 ms or more', () => {
    fc.assert(
      fc.property(limits, ({ max, duration }) => {
        fc.pre(duration >= 100 && duration / max >= 1);
        const limiter = limiterOf({ max, duration });
        expect(limiter.max / limiter.duration).toBeGreaterThanOrEqual((max / duration) * 0.5);
      }),
    );
  });

  it('is near the limit for the default', () => {
    const { max, duration } = limiterOf({ max: 200, duration: 5_000 });
    expect((max / duration) * 5_000).toBeGreaterThan(190);
  });

  it('is there without a limit too: by it all workers pause', () => {
    expect(limiterOf(false).max).toBeGreaterThan(1_000_000);
  });
});
