import { describe, expect, it } from '@jest/globals';
import { retryAfter } from './scenarios/retry-after.js';
import { rival } from './scenarios/rival.js';
import { sparse } from './sparse.js';

describe("the account's rate limit", () => {
  it('leaves room for a rival program on the same account: nobody is refused', async () => {
    const { violations, value } = sparse(await rival.run({ seed: 1, rounds: 290 }));
    expect(violations).toEqual([]);
    expect(value('our 429s')).toBe(0);
    expect(value('delivered (messages)')).toBe(290);
  }, 120_000);

  it('has the whole line wait for as long as Retry-After says', async () => {
    const { violations, value } = sparse(await retryAfter.run({ seed: 1, rounds: 2 }));
    expect(violations).toEqual([]);
    expect(value('kept')).toBe(2);
  }, 120_000);
});
