import { describe, expect, it } from '@jest/globals';
import { soak } from './scenarios/soak.js';

describe('an app that runs for long', () => {
  it('takes no more memory, descriptors or disk with time, and loses nothing', async () => {
    const { figures, violations } = await soak.run({ seed: 1, rounds: 1 });
    expect(violations).toEqual([]);
    expect(figures).toContainEqual({ name: 'minutes', value: 1 });
  }, 240_000);
});
