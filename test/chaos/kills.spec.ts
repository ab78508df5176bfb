import { describe, expect, it } from '@jest/globals';
import { kills } from './scenarios/kills.js';
import { sparse } from './sparse.js';

describe('an app that is killed at any moment', () => {
  it('loses nothing it had recorded, and reports nothing wrong', async () => {
    const { violations, value } = sparse(await kills.run({ seed: 1, rounds: 4 }));
    expect(violations).toEqual([]);
    expect(value('kills')).toBe(4);
    expect(value('delivered (messages)')).toBeGreaterThan(50);
  }, 240_000);
});
