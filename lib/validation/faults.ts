import { types } from 'node:util';
import { ValidationError, validateSync } from 'class-validator';
import { Fault } from '../conversion-feedback.errors.js';

const SHOWN = 80;

/** Fields whose values appear in no message. */
export type SecretFields = ReadonlySet<string> | 'all';

/** What could be read of an input, and what couldn't. */
export interface Fields {
  readonly fields: [string, unknown][];
  readonly faults: Fault[];
}

/** Whether a value is an object of fields: no list, map, date or other thing of the language's own. */
export function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return holds(() => Object.prototype.toString.call(value) === '[object Object]');
}

/** Whether a condition is met; one that can't be asked (a getter throws, a Proxy) isn't. */
export function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch {
    return false;
  }
}

/**
 * The fields of an input that may be copied onto an instance. Each is read once, so that what was
 * checked is what is used. Faults are those that can't be read, and those that carry the name of
 * something that every object has, `__proto__` say.
 *
 * @param whole what to call the input itself
 * @param parent path of the input within another, with a dot at its end
 */
export function fieldsOf(given: object, whole: string, parent = ''): Fields {
  const read: Fields = { fields: [], faults: [] };
  let keys: string[];
  try {
    keys = Object.keys(given);
  } catch {
    return { fields: [], faults: [unreadable(whole)] };
  }
  for (const key of keys) {
    if (key in Object.prototype) read.faults.push(unknown(parent, key));
    else readField(given, key, parent, read);
  }
  return read;
}

function readField(given: object, key: string, parent: string, read: Fields): void {
  try {
    const value = (given as Record<string, unknown>)[key];
    // A Proxy may throw at this; class-validator asks it of every value.
    void (value instanceof Object);
    read.fields.push([key, value]);
  } catch {
    read.faults.push(isName(key) ? unreadable(parent + key) : unknown(parent, key));
  }
}

function unreadable(field: string): Fault {
  return { field, message: `\`${field}\` can't be read` };
}

/**
 * A name that is none may be anything: where a form's reader takes JSON for a form, it is the whole
 * body, with the number and the code in it.
 */
function unknown(parent: string, key: string): Fault {
  if (isName(key)) return { field: parent + key, message: `\`${parent}${key}\` is unknown` };
  const field = `${parent}(unnamed)`;
  return { field, message: `\`${field}\` is unknown: its name is none` };
}

function isName(key: string): boolean {
  return key.length <= SHOWN && /^[A-Za-z_$][\w$]*$/.test(key);
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
  const field = parent + error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? unknown(parent, error.property)
      : { field, message: sentence(field, error.value, secret, message) },
  );
  return [
    ...own,
    ...(error.children ?? []).flatMap((child) => flatten(child, `${field}.`, secret)),
  ];
}

function sentence(field: string, value: unknown, secret: SecretFields, message: string): string {
  if (value === undefined) return `\`${field}\` is missing, ${message}`;
  if (secret === 'all' || secret.has(field.split('.')[0])) return `\`${field}\` ${message}`;
  return `\`${field}\` ${shown(value)} ${message}`;
}

/**
 * A value as a person would recognise it, on one line. Objects are named by their kind alone, and
 * so are strings with an `@`, which hold credentials (of a URL) or an address more often than not.
 */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return shownText(value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'function':
      return 'a function';
    case 'object':
      return shownObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function shownText(text: string): string {
  if (text.includes('@')) return 'with an @';
  const start = JSON.stringify(text.slice(0, SHOWN)).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return text.length > SHOWN ? `${start.slice(0, SHOWN)}…` : start;
}

function shownObject(value: object | null): string {
  if (value === null) return 'null';
  if (types.isDate(value)) return Date.prototype.toString.call(value);
  return holds(() => Array.isArray(value)) ? 'an array' : 'an object';
}
