import { describe, expect, it } from '@jest/globals';
import { outageCut, outageRefused } from './scenarios/outage.js';
import { sparse } from './sparse.js';

describe.each([
  ['closes its port', outageRefused],
  ['cuts every connection', outageCut],
])('a provider that %s for a while under load', (_, outage) => {
  it('is asked twice a second at most, and gets all reports soon after its return', async () => {
    const { violations, value } = sparse(await outage.run({ seed: 1, rounds: 5 }));
    expect(violations).toEqual([]);
    expect(value('most probes in a second')).toBeGreaterThan(0);
    expect(value('pending at its return')).toBe(125);
    expect(value('delivered (messages)')).toBe(125);
  }, 120_000);
});
