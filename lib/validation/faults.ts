import { ValidationError, validateSync } from 'class-validator';
import { Fault } from '../conversion-feedback.errors.js';

const SHOWN = 80;

/** Fields whose values appear in no message. */
export type SecretFields = ReadonlySet<string>;

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
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    message: sentence(
      field,
      error.value,
      secret,
      rule === 'whitelistValidation' ? 'is unknown' : message,
    ),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, field, secret))];
}

function sentence(field: string, value: unknown, secret: SecretFields, message: string): string {
  if (message === 'is unknown') return `\`${show(field)}\` is unknown`;
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
