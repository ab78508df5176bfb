import { describe, expect, it } from '@jest/globals';
import { SlidingWindow } from '../../../lib/sandbox/rate-limit.js';

describe('the sliding window', () => {
  it('never lets more than its maximum pass within any stretch of its length', () => {
    let now = 0;
    const window = new SlidingWindow(3, 100, () => now);
    const passed: number[] = [];
    for (now = 0; now < 1_000; now += 7) if (window.take()) passed.push(now);

    for (const at of passed) {
      expect(passed.filter((other) => other > at - 100 && other <= at).length).toBeLessThanOrEqual(
        3,
      );
    }
    expect(passed.length).toBeGreaterThan(25);
  });

  it("doesn't count what it refused", () => {
    let now = 0;
    const window = new SlidingWindow(1, 100, () => now);

    expect(window.take()).toBe(true);
    now = 99;
    expect(window.take()).toBe(false);
    now = 100;
    expect(window.take()).toBe(true);
  });
});
