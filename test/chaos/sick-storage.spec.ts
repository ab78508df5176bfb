import { describe, expect, it } from '@jest/globals';
import { sickStorage } from './scenarios/sick-storage.js';

describe('an app whose store is sick', () => {
  it('answers as it would without the decorator, and records again once the store is well', async () => {
    const { figures, violations } = await sickStorage.run({ seed: 1, rounds: 500 });
    // How long answers take is a matter for a quiet machine: npm run chaos.
    expect(violations.filter((violation) => !violation.includes('p99'))).toEqual([]);
    expect(figures.filter(({ name }) => name.endsWith('recorded, and not delivered'))).toHaveLength(
      10,
    );
  }, 240_000);
});
