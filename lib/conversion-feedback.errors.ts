/** Base of every error this library throws. Switch on `code`: it doesn't change with the wording. */
export abstract class ConversionFeedbackError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One thing that is wrong with an input: which field, and what would be accepted. */
export interface Fault {
  /** Path of the field, for example `delivery.rateLimit.max`. */
  readonly field: string;
  /** The whole sentence, with the value where it is no secret. */
  readonly message: string;
}

abstract class InvalidInputError extends ConversionFeedbackError {
  /**
   * @param nouns what a fault is one of, in singular and plural
   * @param faults every fault of the input, not only the first
   */
  constructor(
    nouns: readonly [string, string],
    readonly faults: readonly Fault[],
  ) {
    const count = faults.length === 1 ? `1 ${nouns[0]} is` : `${faults.length} ${nouns[1]} are`;
    super(`${count} invalid: ${faults.map((fault) => fault.message).join('; ')}.`);
  }
}

/** The module can't start with these options. Lists all that is wrong with them. */
export class InvalidOptionsError extends InvalidInputError {
  readonly code = 'CONVERSION_FEEDBACK_INVALID_OPTIONS';

  constructor(faults: readonly Fault[]) {
    super(['option', 'options'], faults);
  }
}

/** A message can't be sent or tracked as it is. Nothing was sent. Never holds the text or a number. */
export class InvalidMessageError extends InvalidInputError {
  readonly code = 'CONVERSION_FEEDBACK_INVALID_MESSAGE';

  constructor(faults: readonly Fault[]) {
    super(['field of the message', 'fields of the message'], faults);
  }
}

/** A report can't be recorded as it is: its verification, status, timestamp or message. */
export class InvalidReportError extends InvalidInputError {
  readonly code = 'CONVERSION_FEEDBACK_INVALID_REPORT';

  constructor(faults: readonly Fault[]) {
    super(['field of the report', 'fields of the report'], faults);
  }
}

/** What is known of a request that Plivo didn't accept. */
export interface PlivoRequestFailure {
  /** HTTP status of Plivo's answer; absent where none came. */
  readonly status?: number;
  /** Plivo's own words, without numbers and credentials. */
  readonly plivoMessage?: string;
  /** Plivo's id of the request. */
  readonly apiId?: string;
  /** Whether the SMS may have gone out all the same. */
  readonly outcomeUnknown: boolean;
}

/**
 * Plivo didn't accept a message. With `outcomeUnknown` nobody knows whether the SMS went out (Plivo
 * documents no idempotency key), so it is never sent again by this library. Holds no headers.
 */
export class PlivoRequestError extends ConversionFeedbackError implements PlivoRequestFailure {
  readonly code = 'CONVERSION_FEEDBACK_PLIVO_REQUEST';
  readonly status?: number;
  readonly plivoMessage?: string;
  readonly apiId?: string;
  readonly outcomeUnknown: boolean;

  constructor(message: string, failure: PlivoRequestFailure) {
    super(message);
    this.status = failure.status;
    this.plivoMessage = failure.plivoMessage;
    this.apiId = failure.apiId;
    this.outcomeUnknown = failure.outcomeUnknown;
  }
}

/** The storage can't be opened, read or written. `cause` holds what the storage said. */
export class StorageError extends ConversionFeedbackError {
  readonly code = 'CONVERSION_FEEDBACK_STORAGE';
}
