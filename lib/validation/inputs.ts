import { IsEnum, IsOptional } from 'class-validator';
import {
  Fault,
  InvalidMessageError,
  InvalidOptionsError,
  InvalidReportError,
} from '../conversion-feedback.errors.js';
import { ConversionReport } from '../conversion-report.js';
import { ConversionStatus } from '../conversion-status.js';
import { TrackedMessage, VerificationOutcome } from '../storage/conversion-storage.js';
import {
  IsIntegerFrom,
  IsMessageUuid,
  IsMoment,
  IsText,
  Keeps,
  isMessageUuid,
  isMoment,
  isText,
  timeOf,
} from './decorators.js';
import { SecretFields, faultsOf, fieldsOf, isFields } from './faults.js';
import { parsePhoneNumber } from './phone-number.js';

const NONE: ReadonlySet<string> = new Set();

const statusMessage = { message: `must be one of ${Object.values(ConversionStatus).join(', ')}` };

/** Characters of a verification's id: at least, at most. */
const ID_LENGTH = [1, 512] as const;

class OutcomeInput {
  @IsText(...ID_LENGTH)
  verificationId!: string;

  @IsEnum(ConversionStatus, statusMessage)
  status!: ConversionStatus;

  @IsMoment()
  timestamp!: Date;

  @IsOptional()
  @IsMessageUuid()
  messageUuid?: string;
}

class ReportInput {
  @IsMessageUuid()
  messageUuid!: string;

  @IsEnum(ConversionStatus, statusMessage)
  status!: ConversionStatus;

  @IsMoment()
  timestamp!: Date;
}

class TrackInput {
  @IsText(...ID_LENGTH)
  verificationId!: string;

  @IsMessageUuid()
  messageUuid!: string;

  @IsOptional()
  @IsMoment()
  sentAt?: Date;

  @IsOptional()
  @Keeps(
    'isPhoneNumber',
    (value) => parsePhoneNumber(value) !== undefined,
    'must be one phone number in international form',
  )
  dst?: string;
}

class LimitInput {
  @IsIntegerFrom(0)
  limit!: number;
}

class HealthInput {
  @IsOptional()
  @IsText(1, 64)
  name?: string;

  @IsIntegerFrom(1)
  maxPendingAge!: number;
}

class TimeoutInput {
  @Keeps(
    'isWait',
    (value) => typeof value === 'number' && value >= 0,
    'must be a number of ms from 0 up',
  )
  timeout!: number;
}

/** Longest range of insights, in ms: as long as they are kept. */
const LONGEST_RANGE = 30 * 24 * 3_600_000;
/** Range of insights where none is named, in ms. */
const DEFAULT_RANGE = 24 * 3_600_000;

/** NaN where an end is no moment: that is said of the end itself. */
function lengthOf(range: unknown): number {
  const { from, to } = range as RangeInput;
  return isMoment(from) && isMoment(to) ? timeOf(to) - timeOf(from) : NaN;
}

class RangeInput {
  @IsMoment()
  from!: Date;

  @IsMoment()
  @Keeps('isAfterFrom', (_, range) => !(lengthOf(range) <= 0), 'must be later than `from`')
  @Keeps(
    'isWithinRange',
    (_, range) => !(lengthOf(range) > LONGEST_RANGE),
    'must be at most 30 days after `from`: insights are kept for so long',
  )
  to!: Date;
}

class MessageInput {
  @IsMessageUuid()
  messageUuid!: string;
}

const STATUSES = new Set<unknown>(Object.values(ConversionStatus));

/**
 * What is wrong with a verification's outcome, in a sentence. Nearly always nothing is, and a login
 * waits for it: so the rules alone are asked first, and class-validator only for what it says.
 */
export function outcomeFault(outcome: VerificationOutcome): string | undefined {
  const { verificationId, status, timestamp, messageUuid } = outcome;
  const isWell =
    isText(verificationId, ...ID_LENGTH) &&
    STATUSES.has(status) &&
    isMoment(timestamp) &&
    (messageUuid === undefined || isMessageUuid(messageUuid));
  return isWell ? undefined : checked(OutcomeInput, outcome, {}).faults.at(0)?.message;
}

/**
 * What `report` was called with.
 * @throws InvalidReportError with all that is wrong
 */
export function readOutcome(
  given: { verificationId: unknown; status: unknown },
  options: unknown,
  now: number,
): VerificationOutcome {
  const { value, faults } = checked(OutcomeInput, given, options, {
    defaults: { timestamp: new Date(now) },
  });
  if (faults.length > 0) throw new InvalidReportError(faults);
  const { verificationId, status, timestamp, messageUuid } = value;
  return { verificationId, status, timestamp: copyOf(timestamp), messageUuid };
}

/**
 * What `reportMessage` was called with.
 * @throws InvalidReportError with all that is wrong
 */
export function readReport(
  given: { messageUuid: unknown; status: unknown },
  options: unknown,
  now: number,
): ConversionReport {
  const { value, faults } = checked(ReportInput, given, options, {
    defaults: { timestamp: new Date(now) },
  });
  if (faults.length > 0) throw new InvalidReportError(faults);
  const { messageUuid, status, timestamp } = value;
  return { messageUuid, status, timestamp: copyOf(timestamp) };
}

/**
 * What `track` was called with.
 * @throws InvalidMessageError with all that is wrong
 */
export function readTracked(
  given: { verificationId: unknown; messageUuid: unknown },
  options: unknown,
  now: number,
): TrackedMessage {
  const { value, faults } = checked(TrackInput, given, options);
  if (faults.length > 0) throw new InvalidMessageError(faults);
  const { verificationId, messageUuid, sentAt, dst } = value;
  return {
    verificationId,
    messageUuid,
    sentAt: sentAt ? copyOf(sentAt) : new Date(now),
    sentAtGiven: Boolean(sentAt),
    country: parsePhoneNumber(dst)?.country,
  };
}

/**
 * How many failed reports are asked for.
 * @throws InvalidOptionsError where that is no number of reports
 */
export function readLimit(options: unknown): number {
  return query(LimitInput, { limit: 100 }, options).limit;
}

/**
 * How long `flush` waits at most, in ms.
 * @throws InvalidOptionsError where that is no time
 */
export function readTimeout(options: unknown): number {
  return query(TimeoutInput, { timeout: Infinity }, options).timeout;
}

/**
 * Which account's health is asked for, and by what measure.
 * @throws InvalidOptionsError where that is no account, or no time
 */
export function readHealth(
  options: unknown,
  defaults: { maxPendingAge: number },
): { name?: string; maxPendingAge: number } {
  return query(HealthInput, defaults, options);
}

/**
 * The range that insights are asked for, in ms since 1970.
 * @throws InvalidOptionsError where it is none
 */
export function readRange(options: unknown, now: number): { from: number; to: number } {
  const defaults = { from: new Date(now - DEFAULT_RANGE), to: new Date(now) };
  const { from, to } = query(RangeInput, defaults, options);
  return { from: timeOf(from), to: timeOf(to) };
}

/**
 * Which message's report is to be retried; undefined: all.
 * @throws InvalidReportError where it names no message
 */
export function readMessageUuid(messageUuid: unknown): string | undefined {
  if (messageUuid === undefined) return undefined;
  const { value, faults } = checked(MessageInput, { messageUuid }, {});
  if (faults.length > 0) throw new InvalidReportError(faults);
  return value.messageUuid;
}

function query<T extends object>(type: new () => T, defaults: T, options: unknown): T {
  const { value, faults } = checked(type, {}, options, { defaults, secret: NONE });
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return value;
}

/**
 * What a method was called with, as an instance of its input. Its faults repeat no value: the id may
 * be a phone number, and whoever mixes up two arguments would show it in the other's place.
 * @param args its arguments, by name
 * @param options its last argument: an object with more fields; an undefined field is none
 */
function checked<T extends object>(
  type: new () => T,
  args: object,
  options: unknown,
  { defaults = {}, secret = 'all' }: { defaults?: object; secret?: SecretFields } = {},
): { value: T; faults: Fault[] } {
  const value = Object.assign(new type(), defaults);
  if (!isFields(options)) {
    return { value, faults: [{ field: 'options', message: '`options` must be an object' }] };
  }
  const [named, optional] = [fieldsOf(args, 'arguments'), fieldsOf(options, 'options')];
  const faults = [...named.faults, ...optional.faults];
  const given = [...optional.fields.filter(([, field]) => field !== undefined), ...named.fields];
  Object.assign(value, Object.fromEntries(given));
  const unread = new Set(faults.map(({ field }) => field));
  faults.push(...faultsOf(value, secret).filter(({ field }) => !unread.has(field)));
  return { value, faults };
}

/** A Date can be changed by whoever else holds it, while it waits to be recorded. */
function copyOf(date: Date): Date {
  return new Date(timeOf(date));
}
