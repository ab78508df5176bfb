import { ExecutionContext } from '@nestjs/common';
import { ConversionStatus } from '../conversion-status.js';

type MaybePromise<T> = T | Promise<T>;

/** How `@TrackConversion` reads a verification's outcome off a handler. */
export interface TrackConversionOptions<Result = unknown> {
  /** Which Plivo account sent the message: the `name` given to `forRoot`. Default: the one without. */
  name?: string;

  /**
   * Which verification it was: the path of a property in what the handler received (`input.requestId`),
   * or a function. What a handler received is the body, the route's parameters and the query of an
   * HTTP request, the arguments of a GraphQL resolver, the data of a message. A function that throws
   * or finds nothing means no report, and so does a request whose parts name different verifications:
   * a client could have another's reported. Strings and safe integers are ids. Default
   * `'verificationId'`.
   */
  verificationId?:
    string | ((result: Result, context: ExecutionContext) => MaybePromise<string | undefined>);

  /** Which message's code was typed, where each message has a code of its own. */
  messageUuid?: (result: Result, context: ExecutionContext) => MaybePromise<string | undefined>;

  /**
   * Whether the handler's last value means success; takes the place of the rule that it is not
   * `false`, nor an object whose `success`, `verified`, `valid` or `ok` is `false` (nor, of a gateway
   * or an event stream, one whose `data` is). It is asked only where the handler completed without an error and an HTTP response's status is below 400. One
   * that throws means no report: a wrong CONVERTED is worse than a missing one.
   */
  when?: (result: Result, context: ExecutionContext) => MaybePromise<boolean>;

  /** What is reported. Default CONVERTED; CONVERTED_WITH_OTHERS where another channel verified the user. */
  status?: ConversionStatus;
}

/** Metadata key under which the options stand on a handler or its class. */
export const TRACK_CONVERSION = 'nestjs-conversion-feedback:track-conversion';
