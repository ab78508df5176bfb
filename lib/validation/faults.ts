import { ValidationError, validateSync } from 'class-validator';
import { Fault } from '../conversion-feedback.errors.js';

const SHOWN = 80;

/** Fields whose values appear in no message. */
export type SecretFields = ReadonlySet<string>;

/**
 * The fields of an input that may be copied onto an instance; the others carry the name of something
 * that every object has, `__proto__` say, and are faults.
 */
export function fieldsOf(
  given: object,
  parent = '',
): { fields: [string, unknown][]; faults: Fault[] } {
  const isField = (key: string): boolean => !(key in Object.prototype);
  const keys = Object.keys(given);
  return {
    fields: keys.filter(isField).map((key) => [key, (given as Record<string, unknown>)[key]]),
    faults: keys.filter((key) => !isField(key)).map((key) => unknown(parent + key)),
  };
}

function unknown(field: string): Fault {
  return { field, message: `\`${show(field)}\` is unknown` };
}

/**
 * All faults of an instance of a class with class-validator decorators, unknown fields included.
 * @param secret names of top-level fields whose value must not be shown
 */
export function faultsOf(instance: object, secret: SecretFields): Fault[] {
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
  });
  return errors.flatMap((error) => flatten(error, '', secret));
}

function flatten(error: ValidationError, parent: string, secret: SecretFields): Fault[] {
  const field = parent ? `${parent}.${error.property}` : error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? unknown(field)
      : { field, message: sentence(field, error.value, secret, message) },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, field, secret))];
}

function sentence(field: string, value: unknown, secret: SecretFields, message: string): string {
  if (value === undefined) return `\`${field}\` is missing, ${message}`;
  if (secret.has(field.split('.')[0])) return `\`${field}\` ${message}`;
  return `\`${field}\` ${shown(value)} ${message}`;
}

/** A value as a person would recognise it, cut to a line and free of control characters. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || value instanceof Date) return String(value);
  try {
    return show(
      JSON.stringify(typeof value === 'string' ? value.slice(0, SHOWN + 1) : value) ??
        String(value),
    );
  } catch {
    return 'an object';
  }
}

function show(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
