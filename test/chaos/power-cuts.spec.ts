import { describe, expect, it } from '@jest/globals';
import { powerCuts, powerCutsFlushed } from './scenarios/power-cuts.js';
import { sparse } from './sparse.js';

describe('a store after power cuts', () => {
  it('opens, and lost only what was recorded in the last 50 ms', async () => {
    const { violations, value } = sparse(await powerCuts.run({ seed: 1, rounds: 2 }));
    expect(violations).toEqual([]);
    expect(value('power cuts, after each of which it opened')).toBe(2);
    expect(value('delivered (messages)')).toBeGreaterThan(20);
  }, 240_000);

  it('lost nothing with durability flushed', async () => {
    const { violations, value } = sparse(await powerCutsFlushed.run({ seed: 1, rounds: 1 }));
    expect(violations).toEqual([]);
    expect(value('confirmed less than 50 ms before, and forgotten')).toBe(0);
    expect(value('delivered (messages)')).toBeGreaterThan(20);
  }, 240_000);
});
