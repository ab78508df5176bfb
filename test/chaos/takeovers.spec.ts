import { describe, expect, it } from '@jest/globals';
import { takeovers } from './scenarios/takeovers.js';
import { sparse } from './sparse.js';

describe('four processes on one store', () => {
  it('deliver from another one within 5 s when the one that delivers is killed, and keep the rate limit', async () => {
    const { violations, value } = sparse(await takeovers.run({ seed: 1, rounds: 2 }));
    expect(violations).toEqual([]);
    expect(value('the one that delivers was killed')).toBe(2);
  }, 240_000);
});
