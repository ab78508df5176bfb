import { describe, expect, it } from '@jest/globals';
import { retryAfter } from '../../../lib/plivo/retry-after.js';

const now = Date.parse('2026-11-24T10:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 7 ', 7_000],
    ['Tue, 24 Nov 2026 10:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
  ])('%s means a wait of %d ms', (header, wait) => {
    expect(retryAfter(header, now)).toBe(wait);
  });

  it.each([
    [undefined],
    [''],
    ['soon'],
    ['-5'],
    ['1.5'],
    ['1e9'],
    ['99999999999999'],
    ['2026-11-24'],
    [['1', '2']],
    [{}],
  ])('%p says nothing', (header) => {
    expect(retryAfter(header, now)).toBeUndefined();
  });
});
