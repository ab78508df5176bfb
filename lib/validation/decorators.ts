import { types } from 'node:util';
import {
  ValidateBy,
  ValidateNested,
  ValidationArguments,
  ValidationOptions,
} from 'class-validator';
import { holds, isFields } from './faults.js';

/**
 * A rule of our own. Where a value can't even be asked (a getter throws, a Proxy), it isn't kept.
 * @param rule names it within class-validator
 * @param accepted what is accepted, after "must be …" or the like
 */
export function Keeps(
  rule: string,
  validate: (value: unknown, object: unknown) => boolean,
  accepted: string | ((args: ValidationArguments) => string),
  options?: ValidationOptions,
): PropertyDecorator {
  return ValidateBy(
    {
      name: rule,
      validator: {
        validate: (value, args) => holds(() => validate(value, args?.object)),
        defaultMessage: (args) => (typeof accepted === 'string' ? accepted : accepted(args!)),
      },
    },
    options,
  );
}

/** An integer from `min` up to `max`. */
export function IsIntegerFrom(min: number, max = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
  return Keeps(
    'isIntegerFrom',
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    `must be an integer ${range}`,
  );
}

/** An object with settings of its own, to be checked in turn. */
export function IsSettings(what: string): PropertyDecorator {
  const isObject = Keeps('isSettings', isFields, `must be ${what}`);
  const nested = ValidateNested({ message: `must be ${what}` });
  return (target, property) => {
    isObject(target, property);
    nested(target, property);
  };
}

/** A valid Date between the years 1970 and 9999: what ISO 8601 can write with four digits. */
export function IsMoment(options?: ValidationOptions): PropertyDecorator {
  const accepted = 'must be a valid Date between 1970 and 9999';
  return Keeps('isMoment', isMoment, accepted, options);
}

const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function isMoment(value: unknown): value is Date {
  if (!types.isDate(value)) return false;
  const time = timeOf(value);
  return time >= 0 && time <= LAST_MOMENT;
}

/** A Date's own time, whatever it says of itself: a method of its own could change its mind. */
export function timeOf(date: Date): number {
  return Date.prototype.getTime.call(date);
}

/**
 * A string of `min` to `max` characters that Unicode can carry. Half of a surrogate pair is refused:
 * UTF-8 can't write it, so that on the wire and in a digest two different strings would be one.
 */
export function IsText(min: number, max: number): PropertyDecorator {
  return Keeps(
    'isText',
    (value) => isText(value, min, max),
    `must be a string of ${min} to ${max} characters, well-formed`,
  );
}

export function isText(value: unknown, min: number, max: number): value is string {
  return (
    typeof value === 'string' &&
    value.length >= min &&
    value.length <= max &&
    !/\p{Surrogate}/u.test(value)
  );
}

/** A message_uuid: 36 characters, hexadecimal in groups of 8-4-4-4-12, of any UUID version. */
export function IsMessageUuid(options?: ValidationOptions): PropertyDecorator {
  const accepted =
    'must be a message_uuid as Plivo returns it, 36 characters like db3ce55a-7f1d-11e1-8ea7-1231380bc196';
  return Keeps('isMessageUuid', isMessageUuid, accepted, options);
}

/** Plivo's own example is of version 1: no version is asked for. */
export function isMessageUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
