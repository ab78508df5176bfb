import { describe, expect, it } from '@jest/globals';
import { meansSuccess } from '../../../lib/track-conversion/success.js';

describe("a handler's last value", () => {
  it.each([
    [undefined],
    [null],
    [true],
    [''],
    [0],
    ['no'],
    [{}],
    [[]],
    [{ success: true }],
    [{ success: null }],
    [{ verified: 'false' }],
    [{ token: 'abc', error: false }],
  ])('%p means success', (value) => {
    expect(meansSuccess(value)).toBe(true);
  });

  it.each([
    [false],
    [{ success: false }],
    [{ verified: false }],
    [{ valid: false }],
    [{ ok: false, success: true }],
  ])('%p means failure', (value) => {
    expect(meansSuccess(value)).toBe(false);
  });
});
