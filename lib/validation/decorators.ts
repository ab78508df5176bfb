import { ValidateBy, ValidateNested, ValidationOptions } from 'class-validator';

/** An integer from `min` up to `max`. */
export function IsIntegerFrom(min: number, max = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
  return ValidateBy({
    name: 'isIntegerFrom',
    validator: {
      validate: (value) =>
        Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
      defaultMessage: () => `must be an integer ${range}`,
    },
  });
}

/** An object with settings of its own, to be checked in turn. */
export function IsSettings(what: string): PropertyDecorator {
  const isObject = ValidateBy({
    name: 'isSettings',
    validator: {
      validate: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      defaultMessage: () => `must be ${what}`,
    },
  });
  const nested = ValidateNested({ message: `must be ${what}` });
  return (target, property) => {
    isObject(target, property);
    nested(target, property);
  };
}

/** A valid Date between the years 1970 and 9999: what ISO 8601 can write with four digits. */
export function IsMoment(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isMoment',
      validator: {
        validate: (value) =>
          value instanceof Date && value.getTime() >= 0 && value.getTime() <= LAST_MOMENT,
        defaultMessage: () => 'must be a valid Date between 1970 and 9999',
      },
    },
    options,
  );
}

const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A string of `min` to `max` characters that Unicode can carry: no half of a surrogate pair. */
export function IsText(min: number, max: number): PropertyDecorator {
  return ValidateBy({
    name: 'isText',
    validator: {
      validate: (value) =>
        typeof value === 'string' &&
        value.length >= min &&
        value.length <= max &&
        isWellFormed(value),
      defaultMessage: () => `must be a string of ${min} to ${max} characters, well-formed`,
    },
  });
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** A message_uuid: 36 characters, hexadecimal in groups of 8-4-4-4-12, of any UUID version. */
export function IsMessageUuid(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isMessageUuid',
      validator: {
        validate: isMessageUuid,
        defaultMessage: () =>
          'must be a message_uuid as Plivo returns it, 36 characters like db3ce55a-7f1d-11e1-8ea7-1231380bc196',
      },
    },
    options,
  );
}

/** Plivo's own example is of version 1: no version is asked for. */
export function isMessageUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
