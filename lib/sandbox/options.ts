// @Type needs it, and a shell has no Nest that brought it.
import 'reflect-metadata';
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';
import { isFields } from '../validation/faults.js';
import { check } from './validation.js';

/** Auth ID of a sandbox that wasn't given one. Public: it opens nothing but sandboxes. */
export const SANDBOX_AUTH_ID = 'MASANDBOXAUTHID00000';

/** Auth Token of a sandbox that wasn't given one. Public: it opens nothing but sandboxes. */
export const SANDBOX_AUTH_TOKEN = 'sandbox-auth-token';

/** How many requests may pass within how many ms. */
export class SandboxRateLimit {
  /** Default 300, as Plivo allows an account. */
  @Min(1)
  @IsInt()
  max: number = 300;

  /** ms. Default 5,000. */
  @Min(1)
  @IsInt()
  duration: number = 5_000;
}

/** Options of `PlivoSandbox.start`. The initial values are the defaults. */
export class PlivoSandboxOptions {
  /** Port to listen on. Default 0: a free one, named by `sandbox.url`. */
  @Max(65_535)
  @Min(0)
  @IsInt()
  port?: number = 0;

  /** Address to listen on. Default 127.0.0.1: only this machine can reach it. */
  @IsString()
  @Matches(/^\S+$/, { message: 'host must be a host name or an IP address' })
  host?: string = '127.0.0.1';

  /** Auth ID to accept. Default {@link SANDBOX_AUTH_ID}. */
  @Matches(/^[A-Za-z0-9_-]+$/, { message: 'authId must consist of letters, digits, - and _' })
  authId?: string = SANDBOX_AUTH_ID;

  /** Auth Token to accept. Default {@link SANDBOX_AUTH_TOKEN}. */
  @Matches(/^[\x21-\x7e]+$/, { message: 'authToken must be printable ASCII without spaces' })
  authToken?: string = SANDBOX_AUTH_TOKEN;

  /**
   * Answers 429 beyond so many requests in so many ms, counted over all calls of the API. `true`
   * is Plivo's limit, 300 per 5 seconds. Default false. That Plivo's window slides, and that
   * refused requests don't count, is our assumption: its documentation doesn't say.
   */
  @ValidateIf(({ rateLimit }: PlivoSandboxOptions) => typeof rateLimit !== 'boolean')
  @ValidateNested({ message: 'rateLimit must be true, false or { max, duration }' })
  @Type(() => SandboxRateLimit)
  rateLimit?: boolean | Partial<SandboxRateLimit> = false;

  /**
   * Status for a report on a message the sandbox didn't send; with 200 it is recorded. Default
   * 404, which is ours: Plivo doesn't document this case.
   */
  @IsIn([200, 400, 403, 404, 422])
  unknownMessage?: 200 | 400 | 403 | 404 | 422 = 404;

  /**
   * Status for a report on a message sent without `trackable: true`; with 200 it is recorded.
   * Default 400, which is ours: Plivo doesn't document this case.
   */
  @IsIn([200, 400, 403, 404, 422])
  untrackableMessage?: 200 | 400 | 403 | 404 | 422 = 400;

  /**
   * Status for a second report on a message; with 200 it overwrites the first. Default 200, which
   * is ours: Plivo doesn't document this case.
   */
  @IsIn([200, 400, 409])
  repeatedConversion?: 200 | 400 | 409 = 200;

  /** Status of an accepted report. Default 200, which is ours: Plivo documents the body alone. */
  @IsIn([200, 201, 202, 204])
  conversionRecorded?: 200 | 201 | 202 | 204 = 200;

  /** Status for a body that isn't declared as JSON. Default 400, which is ours. */
  @IsIn([400, 415])
  wrongContentType?: 400 | 415 = 400;

  /** Status for a path with another account's Auth ID. Default 401, which is ours. */
  @IsIn([401, 403, 404])
  otherAccount?: 401 | 403 | 404 = 401;

  /** How many messages, reports and requests are kept; the oldest go first. Default 10,000. */
  @Min(1)
  @IsInt()
  keep?: number = 10_000;

  /**
   * Host names, besides loopback ones, IP addresses and `host`, under which the page and the
   * control API may be opened, e.g. a container's name. Keeps foreign web pages out (DNS
   * rebinding). Default none.
   */
  @IsArray()
  @IsString({ each: true })
  allowedHosts?: string[] = [];

  /** Clock, in ms since 1970. Default `Date.now`. For tests of limits and timestamps. */
  @IsOptional()
  now?: () => number = Date.now;
}

/** The options with every default filled in. Throws one error that lists all faults. */
export function resolveOptions(options: PlivoSandboxOptions): Required<PlivoSandboxOptions> {
  if (!isFields(options)) throw new TypeError('PlivoSandbox.start: the options must be an object');
  // A function is no plain data, which is what is checked.
  const { now = Date.now, ...plain }: PlivoSandboxOptions = options;
  if (typeof now !== 'function') throw new TypeError('PlivoSandbox.start: now must be a function');
  const { value, error } = check(PlivoSandboxOptions, plain, 'refuse');
  if (error !== undefined) throw new TypeError(`PlivoSandbox.start: ${error}`);
  return { ...(value as Required<PlivoSandboxOptions>), now };
}
