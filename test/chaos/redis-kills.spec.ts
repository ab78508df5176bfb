import { describe, expect, it } from '@jest/globals';
import { redisKills } from './scenarios/redis-kills.js';
import { sparse } from './sparse.js';

describe('processes on one Redis that are killed in turn with it', () => {
  it('lose nothing they had recorded, and report nothing wrong', async () => {
    const { violations, value } = sparse(await redisKills.run({ seed: 1, rounds: 6 }));
    expect(violations).toEqual([]);
    expect(value('kills of Redis')).toBe(3);
    expect(value('delivered (messages)')).toBeGreaterThan(50);
  }, 240_000);
});
