import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BackoffOptions } from '../../lib/index.js';
import { backoffCeiling } from '../../lib/delivery/backoff.js';

/** Rows of the retry schedule, as docs/reliability.md prints it. */
const rows = [
  ...readFileSync('docs/reliability.md', 'utf8').matchAll(
    /^\| (\d+) +\| ([\d,.]+) s +\| ([\d,.]+) s +\| ([\d,.]+) s +\|$/gm,
  ),
].map((row) => row.slice(1).map((cell) => Number(cell.replaceAll(',', ''))));

describe('the retry schedule in the docs', () => {
  it('has a row for each failure until the longest wait is reached', () => {
    const { max } = new BackoffOptions();
    expect(rows.map(([failure]) => failure)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.at(-2)?.[1]).toBe(max / 1_000);
    expect(rows.at(-3)?.[1]).toBeLessThan(max / 1_000);
  });

  it.each(rows)('is that of the defaults after failure %d', (failure, longest, total, average) => {
    const ceilings = Array.from(
      { length: failure },
      (_, i) => backoffCeiling(new BackoffOptions(), i + 1) / 1_000,
    );
    const sum = ceilings.reduce((a, b) => a + b);
    expect({ longest, total, average }).toEqual({
      longest: ceilings.at(-1),
      total: sum,
      average: sum / 2,
    });
  });
});
