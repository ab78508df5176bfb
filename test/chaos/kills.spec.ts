import { describe, expect, it } from '@jest/globals';
import { kills } from './scenarios/kills.js';

describe('an app that is killed at any moment', () => {
  it('loses nothing it had recorded, and reports nothing wrong', async () => {
    const { figures, violations } = await kills.run({ seed: 1, rounds: 5 });
    expect(violations).toEqual([]);
    expect(figures).toContainEqual({ name: 'kills', value: 5 });
  }, 240_000);
});
