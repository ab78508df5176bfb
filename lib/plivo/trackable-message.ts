import { IsIn, IsOptional, IsUrl, ValidateIf } from 'class-validator';
import { InvalidMessageError } from '../conversion-feedback.errors.js';
import { IsIntegerFrom, IsText, Keeps } from '../validation/decorators.js';
import { faultsOf, fieldsOf, isFields } from '../validation/faults.js';
import { parsePhoneNumber } from '../validation/phone-number.js';

/**
 * A one-time password to send: one SMS to one receiver.
 *
 * @see https://www.plivo.com/docs/messaging/api/message/send-a-message
 */
export class TrackableMessage {
  /**
   * Your name for the attempt: any string of 1 to 512 characters, but none with half of a surrogate
   * pair, which UTF-8 can't write. Prefer random ids to phone numbers.
   */
  @IsText(1, 512)
  verificationId!: string;

  /** The receiver's number in international form, with or without what people write between digits. */
  @Keeps(
    'isPhoneNumber',
    (value) => parsePhoneNumber(value) !== undefined,
    'must be one phone number in international form, such as +14155550123',
  )
  dst!: string;

  /**
   * What the SMS says, the code included. Never stored or logged by this library. Half of a surrogate
   * pair is refused: it can't be sent.
   */
  @IsText(1, 10_000)
  text!: string;

  /** The sender: a number, short code or alphanumeric id. Give this or `powerpackUuid`. */
  @ValidateIf(
    (message: TrackableMessage) => message.src !== undefined || message.powerpackUuid === undefined,
  )
  @IsText(1, 20)
  @Keeps(
    'isOnlySender',
    (_, message) => (message as TrackableMessage).powerpackUuid === undefined,
    "can't be given together with `powerpackUuid`: one of them sends",
  )
  src?: string;

  /** The Powerpack that picks the sender. Give this or `src`. */
  @IsOptional()
  @IsText(1, 64)
  powerpackUuid?: string;

  /** Where Plivo posts the message's delivery status. */
  @IsOptional()
  @IsUrl(
    { require_tld: false, protocols: ['http', 'https'], require_protocol: true },
    { message: 'must be an http or https URL' },
  )
  url?: string;

  /** HTTP method of those posts. Plivo's default is POST. */
  @IsOptional()
  @IsIn(['GET', 'POST'], { message: "must be 'GET' or 'POST'" })
  method?: 'GET' | 'POST';

  /**
   * What Plivo keeps of the message. Its default, `true`, keeps the text, and so the code, for days:
   * `false` is what we recommend for one-time passwords.
   */
  @IsOptional()
  @IsIn([true, false, 'content_only', 'number_only'], {
    message: "must be true, false, 'content_only' or 'number_only'",
  })
  log?: boolean | 'content_only' | 'number_only';

  /** Seconds, 5 to 10,799, after which Plivo doesn't deliver the SMS any more: as long as the code is valid. */
  @IsOptional()
  @IsIntegerFrom(5, 10_799)
  messageExpiry?: number;

  /** Registration of the sender with India's DLT, passed on as it is. */
  @IsOptional()
  @IsText(1, 64)
  dltEntityId?: string;

  /** Registration of the text with India's DLT, passed on as it is. */
  @IsOptional()
  @IsText(1, 64)
  dltTemplateId?: string;

  /** Category of the text with India's DLT, passed on as it is. */
  @IsOptional()
  @IsText(1, 64)
  dltTemplateCategory?: string;
}

/** What Plivo returned for a message it queued. */
export interface SentMessage {
  /** Plivo's id of the message. It is tracked already. */
  readonly messageUuid: string;
  /** Plivo's id of the request, to quote to its support. */
  readonly apiId: string;
}

/**
 * What is sent of a message: what was checked, though the app changes its object meanwhile. A field
 * that is null isn't given. No value is repeated: a number or a code may stand in the wrong field.
 * @throws InvalidMessageError with all that is wrong
 */
export function checkMessage(given: TrackableMessage): TrackableMessage {
  if (!isFields(given)) {
    throw new InvalidMessageError([{ field: 'message', message: 'the message must be an object' }]);
  }
  const { fields, faults } = fieldsOf(given, 'message');
  const message = Object.assign(
    Object.create(TrackableMessage.prototype) as TrackableMessage,
    Object.fromEntries(fields.filter(([, value]) => value !== null)),
  );
  const unread = new Set(faults.map(({ field }) => field));
  faults.push(...faultsOf(message, 'all').filter(({ field }) => !unread.has(field)));
  if (faults.length > 0) throw new InvalidMessageError(faults);
  return message;
}
