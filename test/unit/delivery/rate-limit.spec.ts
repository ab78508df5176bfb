import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlidingWindow } from '../../../lib/delivery/rate-limit.js';

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
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
        (max, duration, pauses) => {
          const window = new SlidingWindow({ max, duration });
          const starts: number[] = [];
          let now = 0;
          for (const pause of pauses) {
            now = Math.max(now + pause, window.nextAt(now + pause));
            window.take(now);
            starts.push(now);
          }
          return starts.every((start, i) => i < max || start - starts[i - max] >= duration);
        },
      ),
    );
  });
});
