import { parsePhoneNumberFromString } from 'libphonenumber-js';

/** A number in one form, however it was typed; undefined where that is none. */
export function inOneForm(typed: unknown): string | undefined {
  if (typeof typed !== 'string') return undefined;
  return parsePhoneNumberFromString(typed, { extract: false })?.number;
}
