import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PacedWindow, RateLimit, SlidingWindow } from '../../../lib/delivery/rate-limit.js';

const limits = fc.record({
  max: fc.integer({ min: 1, max: 40 }),
  duration: fc.integer({ min: 1, max: 5_000 }),
});
const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });

/** The moments at which requests start that come with these pauses between them. */
function startsOf(
  window: Pick<SlidingWindow, 'nextAt' | 'take'>,
  between: number[],
  from = 0,
): number[] {
  let now = from;
  return between.map((pause) => {
    now = Math.max(now + pause, window.nextAt(now + pause));
    window.take(now);
    return now;
  });
}

/** Whether no span of `duration` holds more than `max`. */
function keepsTo({ max, duration }: RateLimit, starts: number[]): boolean {
  return starts.every((start, i) => i < max || start - starts[i - max] >= duration);
}

describe('the rate limit', () => {
  it('lets max requests go at once, and the next one when the first is duration ago', () => {
    const window = new SlidingWindow({ max: 3, duration: 5_000 });
    for (const at of [100, 200, 300]) {
      expect(window.nextAt(at)).toBe(at);
      window.take(at);
    }
    expect(window.nextAt(400)).toBe(5_100);
    window.take(5_100);
    expect(window.nextAt(5_100)).toBe(5_200);
  });

  it('never lets more than max go within any span of duration, however they come', () => {
    fc.assert(
      fc.property(limits, pauses, (limit, between) =>
        keepsTo(limit, startsOf(new SlidingWindow(limit), between)),
      ),
    );
  });

  it('holds as well where it is paced, and is used up to the full', () => {
    fc.assert(
      fc.property(limits, pauses, (limit, between) =>
        keepsTo(limit, startsOf(new PacedWindow(limit), between)),
      ),
    );
    const starts = startsOf(
      new PacedWindow({ max: 200, duration: 5_000 }),
      new Array<number>(1_001).fill(0),
    );
    expect(starts.at(-1)).toBe(25_000);
  });

  it('is used evenly when it is paced: not all of it in one go', () => {
    const starts = startsOf(
      new PacedWindow({ max: 200, duration: 5_000 }),
      new Array<number>(200).fill(0),
    );
    expect(starts.filter((at) => at < 1_000)).toHaveLength(44);
  });

  it('holds over two processes, when one takes over from another that it knows nothing of', () => {
    fc.assert(
      fc.property(limits, pauses, pauses, fc.nat(5_000), (limit, before, after, gap) => {
        const first = startsOf(new PacedWindow(limit), before);
        const lastRequestAt = (first.at(-1) ?? 0) + gap;
        const successor = new PacedWindow(limit);
        successor.assumeUsed(lastRequestAt);
        const second = startsOf(successor, after, lastRequestAt);
        return keepsTo(limit, [...first, ...second]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets a successor begin after a fifth of its duration', () => {
    const window = new PacedWindow({ max: 200, duration: 5_000 });
    window.assumeUsed(10_000);
    expect(window.nextAt(10_000)).toBe(11_000);
  });
});
