import { validateHeaderName, validateHeaderValue } from 'node:http';
import { plainToInstance } from 'class-transformer';
import {
  registerDecorator,
  validateSync,
  type ValidationArguments,
  type ValidationError,
} from 'class-validator';
import { fieldsOf, isFields } from '../validation/faults.js';

/** What `check` found: the instance, or everything that is wrong with it in one line. */
export type Checked<T> = { value: T; error?: undefined } | { value?: undefined; error: string };

/**
 * Makes a DTO of a plain value and validates it.
 *
 * @param unknownKeys `ignore` drops keys the DTO doesn't name (the provider has many more
 *   parameters than we read), `refuse` takes them for typing errors.
 */
export function check<T extends object>(
  dto: new () => T,
  plain: unknown,
  unknownKeys: 'ignore' | 'refuse',
): Checked<T> {
  if (!isFields(plain)) return { error: 'the body must be a JSON object' };
  const { fields, faults } = fieldsOf(plain, 'body');
  if (unknownKeys === 'refuse' && faults.length > 0) {
    return { error: faults.map(({ message }) => message).join('; ') };
  }
  try {
    // A copy holds data alone: of a function called `then` class-transformer would make a promise.
    const data: unknown = structuredClone(Object.fromEntries(fields));
    const value = plainToInstance(dto, data, { exposeDefaultValues: true });
    const errors = validateSync(value, {
      whitelist: true,
      // One reason for each property, not three that say the same.
      stopAtFirstError: true,
      forbidNonWhitelisted: unknownKeys === 'refuse',
      validationError: { target: false },
    });
    return errors.length === 0 ? { value } : { error: errors.flatMap(messages).join('; ') };
  } catch {
    return { error: "the body can't be read: it is nested too deeply, or no plain data" };
  }
}

function messages(error: ValidationError): string[] {
  const own = Object.values(error.constraints ?? {});
  const nested = (error.children ?? []).flatMap(messages);
  return [...own, ...nested.map((message) => `${error.property}.${message}`)];
}

/** Allows a property only where none of the others is given. */
export function NotTogetherWith(...others: string[]): PropertyDecorator {
  const clashes = (args: ValidationArguments): string[] =>
    others.filter((name) => (args.object as Record<string, unknown>)[name] != null);
  return (target, propertyName) =>
    registerDecorator({
      name: 'notTogetherWith',
      target: target.constructor,
      propertyName: propertyName as string,
      validator: {
        validate: (value, args) =>
          value == null || args === undefined || clashes(args).length === 0,
        defaultMessage: (args) =>
          `${propertyName as string} can't be given together with ${args ? clashes(args).join(', ') : others.join(', ')}`,
      },
    });
}

/** An object of HTTP header names and values. */
export function AreHeaders(): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name: 'areHeaders',
      target: target.constructor,
      propertyName: propertyName as string,
      validator: {
        validate: isHeaders,
        defaultMessage: () => `${propertyName as string} must be an object of HTTP headers`,
      },
    });
}

function isHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  try {
    for (const [name, content] of Object.entries(value)) {
      if (typeof content !== 'string') return false;
      validateHeaderName(name);
      validateHeaderValue(name, content);
    }
    return true;
  } catch {
    return false;
  }
}
