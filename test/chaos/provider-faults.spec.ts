import { describe, expect, it } from '@jest/globals';
import { providerFaults } from './scenarios/provider-faults.js';

describe('logins while the provider is sick', () => {
  it('are answered as by the undecorated handler, whatever is wrong with it', async () => {
    const { violations } = await providerFaults.run({ seed: 1, rounds: 20 });
    expect(violations).toEqual([]);
  }, 240_000);
});
