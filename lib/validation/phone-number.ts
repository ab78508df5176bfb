import { parsePhoneNumberFromString } from 'libphonenumber-js';

/** A number as Plivo takes it, and the country it belongs to. */
export interface PhoneNumber {
  /** Country code and number, digits alone. */
  readonly digits: string;
  /** ISO 3166-1 alpha-2; undefined where the number belongs to none, or to several. */
  readonly country?: string;
}

/** Digits of any script, and what people and web pages put between them. */
const ONE_NUMBER = /^[+＋\p{Nd}\p{Pd}\s./()]+$/u;

/**
 * Reads one number in international form, with or without `+`, and with what people write between its
 * digits. A zero that is dialled only within the country, as in `+44 (0)7400 123456`, is none of its
 * digits. Undefined where it is no possible number, or more than one.
 */
export function parsePhoneNumber(value: unknown): PhoneNumber | undefined {
  if (typeof value !== 'string' || value.length > 40 || !ONE_NUMBER.test(value)) return undefined;
  const number = parsePhoneNumberFromString(`+${value.replace(/\P{Nd}/gu, '')}`);
  if (!number?.isPossible()) return undefined;
  return { digits: number.number.slice(1), country: number.country };
}
