import { describe, expect, it } from '@jest/globals';
import { soak } from './scenarios/soak.js';

describe('an app that runs for long', () => {
  it('loses nothing, and takes no more descriptors with time', async () => {
    const { figures, violations } = await soak.run({ seed: 1, rounds: 2 });
    // What it takes of memory and disk shows in a long run alone: npm run soak.
    expect(violations).toEqual([]);
    expect(figures).toContainEqual({ name: 'minutes', value: 2 });
  }, 360_000);
});
