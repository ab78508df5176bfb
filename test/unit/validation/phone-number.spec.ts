import { describe, expect, it } from '@jest/globals';
import { parsePhoneNumber } from '../../../lib/validation/phone-number.js';

describe('A phone number', () => {
  it.each([
    ['+14155550123', '14155550123', 'US'],
    ['14155550123', '14155550123', 'US'],
    ['+1 (415) 555-0123', '14155550123', 'US'],
    ['+1\u2011415\u2011555\u20110123', '14155550123', 'US'],
    ['＋１４１５５５５０１２３', '14155550123', 'US'],
    ['+44 (0)7400 123456', '447400123456', 'GB'],
    ['+49 (0) 151 23456789', '4915123456789', 'DE'],
    ['+33 (0)6 12 34 56 78', '33612345678', 'FR'],
    ['+41 (0)79 123 45 67', '41791234567', 'CH'],
    ['+1 1 415 555 0123', '14155550123', 'US'],
    // In Italy the zero is dialled from everywhere.
    ['+39 06 1234 5678', '390612345678', 'IT'],
  ])('written %s is %s, of %s', (written, digits, country) => {
    expect(parsePhoneNumber(written)).toEqual({ digits, country });
  });

  it.each([
    [''],
    ['12'],
    ['0151 23456789'],
    ['+14155550123,+14155550124'],
    ['+14155550123<+14155550124'],
    ['+14155550123 +14155550124'],
    ['+1415555CODE'],
    ['+14155550123 ext. 5'],
    [`+1415555${' '.repeat(40)}0123`],
    [14155550123],
    [undefined],
  ])('is not %p', (value) => {
    expect(parsePhoneNumber(value)).toBeUndefined();
  });
});
