import { parsePhoneNumberFromString } from 'libphonenumber-js';

/** A number as Plivo takes it, and the country it belongs to. */
export interface PhoneNumber {
  /** Country code and number, digits alone. */
  readonly digits: string;
  /** ISO 3166-1 alpha-2; undefined where the number belongs to none, or to several. */
  readonly country?: string;
}

/**
 * Reads one number in international form, with or without `+`, and with the separators that Plivo
 * strips as well. Undefined where it is no possible number, or more than one.
 */
export function parsePhoneNumber(value: unknown): PhoneNumber | undefined {
  if (typeof value !== 'string' || value.length > 40 || !/^[+\d\s./()-]+$/.test(value))
    return undefined;
  const digits = value.replace(/\D/g, '');
  const number = parsePhoneNumberFromString(`+${digits}`);
  if (!number?.isPossible()) return undefined;
  return { digits, country: number.country };
}
