import { describe, expect, it } from '@jest/globals';
import { rollingRestarts } from './scenarios/rolling-restarts.js';

describe('an app of two processes that is restarted under load, one process after the other', () => {
  it('ends in time, fails no login and loses nothing', async () => {
    const { figures, violations } = await rollingRestarts.run({ seed: 1, rounds: 2 });
    expect(violations).toEqual([]);
    expect(figures).toContainEqual({ name: 'processes ended and started again', value: 4 });
  }, 120_000);
});
