import type { AxiosRequestConfig } from 'axios';
import { IsIn, IsOptional, Matches, ValidateBy, ValidateIf } from 'class-validator';
import { ConversionStatus } from './conversion-status.js';
import { Fault, InvalidOptionsError } from './conversion-feedback.errors.js';
import { DeliverySettings } from './delivery/delivery-loop.js';
import { ConversionStorage } from './storage/conversion-storage.js';
import { LmdbConversionStorage } from './storage/lmdb/lmdb-conversion-storage.js';
import { IsIntegerFrom, IsSettings, IsText } from './validation/decorators.js';
import { faultsOf, fieldsOf } from './validation/faults.js';

/** Node fires a longer timer at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What `http` may not hold: it would change where requests go, or what they say. */
const OURS = [
  'baseURL',
  'url',
  'method',
  'headers',
  'auth',
  'data',
  'params',
  'paramsSerializer',
  'timeout',
  'signal',
  'cancelToken',
  'maxRedirects',
  'beforeRedirect',
  'validateStatus',
  'responseType',
  'transformRequest',
  'transformResponse',
  'adapter',
];

/** At most `max` requests within any `duration` ms. */
export class RateLimitOptions {
  /** Requests. Default 200: Plivo allows an account 300 in 5 s, over all its API calls. */
  @IsIntegerFrom(1)
  max: number = 200;

  /** Ms. Default 5,000. */
  @IsIntegerFrom(1, LONGEST_TIMER)
  duration: number = 5_000;
}

/** The wait before a report is tried again: anywhere between 0 and a ceiling (full jitter). */
export class BackoffOptions {
  /** Ceiling in ms before the second request; it doubles with each further one. Default 1,000. */
  @IsIntegerFrom(1, LONGEST_TIMER)
  initial: number = 1_000;

  /** Highest ceiling in ms. Default 600,000 (10 minutes). */
  @IsIntegerFrom(1, LONGEST_TIMER)
  max: number = 600_000;
}

/** How reports are delivered. */
export class DeliveryOptions {
  /** Requests in flight at a time. Default 10. */
  @IsIntegerFrom(1, 1_000)
  concurrency?: number = 10;

  /**
   * Requests within a span of time, over all processes that share the storage; `false`: no limit.
   * Default 200 per 5,000 ms: Plivo allows an account 300, and your other API calls want some.
   *
   * @see https://www.plivo.com/docs/messaging/concepts/rate-limiting
   */
  @ValidateIf((options: DeliveryOptions) => options.rateLimit !== false)
  @IsSettings('an object with max and duration, or false')
  rateLimit?: RateLimitOptions | false = new RateLimitOptions();

  /** Longest time in ms for one request, sending a message included. Default 10,000. */
  @IsIntegerFrom(1, LONGEST_TIMER)
  timeout?: number = 10_000;

  /** How long a report waits that failed by its own fault. Default { initial: 1,000, max: 600,000 }. */
  @IsSettings('an object with initial and max')
  backoff?: BackoffOptions = new BackoffOptions();

  /**
   * A report older than so many ms fails (and is kept) instead of being tried again. The time for
   * which the whole line is refused or down doesn't count. Default 259,200,000 (72 hours).
   */
  @IsIntegerFrom(1)
  maxAge?: number = 259_200_000;
}

/** What `ConversionFeedbackModule.forRoot` takes. The initial values are the defaults. */
export class ConversionFeedbackModuleOptions {
  /** Plivo Auth ID, from the console's overview page. */
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, {
    message: 'must be your Plivo Auth ID: letters and digits, from the console’s overview page',
  })
  authId!: string;

  /** Plivo Auth Token. Appears in no log, event or error. */
  @IsText(1, 512)
  authToken!: string;

  /**
   * Where Plivo's API is, without a path. Default `https://api.plivo.com`. Plain http is accepted on
   * a loopback host only: for the sandbox.
   */
  @ValidateBy({
    name: 'isBaseUrl',
    validator: {
      validate: isBaseUrl,
      defaultMessage: () =>
        'must be https, or http on a loopback host, without path, query or credentials',
    },
  })
  baseUrl?: string = 'https://api.plivo.com';

  /**
   * What a success makes of the verification's older messages: their status, or `false` to say
   * nothing of them. Default CONVERTED_WITH_OTHERS, which Plivo accepts and doesn't define: our
   * reading is that the user was verified, but by another message.
   */
  @IsIn([ConversionStatus.CONVERTED_WITH_OTHERS, ConversionStatus.NOT_CONVERTED, false], {
    message: 'must be CONVERTED_WITH_OTHERS, NOT_CONVERTED or false',
  })
  superseded?: ConversionStatus | false = ConversionStatus.CONVERTED_WITH_OTHERS;

  /**
   * A message without an outcome is reported NOT_CONVERTED after so many ms. Unset, the default:
   * nothing is reported for it, since Plivo assumes NOT_CONVERTED by itself.
   */
  @IsOptional()
  @IsIntegerFrom(1)
  expireAfter?: number;

  /**
   * How long a message waits for its outcome, in ms from its sending; a success that comes later is
   * unmatched. Longer than `expireAfter`. Default 86,400,000 (24 hours).
   */
  @IsIntegerFrom(1)
  @ValidateBy({
    name: 'isLongerThanExpiry',
    validator: {
      validate: (value, args) => {
        const { expireAfter } = args!.object as ConversionFeedbackModuleOptions;
        return !Number.isInteger(expireAfter) || !Number.isInteger(value) || value > expireAfter!;
      },
      defaultMessage: (args) =>
        `must be longer than \`expireAfter\` ${(args!.object as ConversionFeedbackModuleOptions).expireAfter}: a message outlives its expiry`,
    },
  })
  retention?: number = 86_400_000;

  /**
   * Where messages and reports are kept. Default `new LmdbConversionStorage({ path:
   * '.conversion-feedback' })`: a folder in the working directory.
   */
  @ValidateBy({
    name: 'isConversionStorage',
    validator: {
      validate: isConversionStorage,
      defaultMessage: () =>
        'must be a ConversionStorage, for example new LmdbConversionStorage({ path })',
    },
  })
  storage?: ConversionStorage = new LmdbConversionStorage({ path: '.conversion-feedback' });

  /** How reports are delivered; `false`: this process records, and others on the same storage deliver. */
  @ValidateIf((options: ConversionFeedbackModuleOptions) => options.delivery !== false)
  @IsSettings('an object, or false')
  delivery?: DeliveryOptions | false = new DeliveryOptions();

  /**
   * Handed to the HTTP client (@nestjs/axios): proxy, agents, a CA. Never where requests go or what
   * they say: no base URL, headers or auth.
   */
  @IsOptional()
  @ValidateBy({
    name: 'isTransportConfig',
    validator: {
      validate: (value) => isPlainObject(value) && OURS.every((key) => !(key in value)),
      defaultMessage: (args) =>
        `must be an object with proxy, agents or the like, without ${forbiddenIn(args!.value)}`,
    },
  })
  http?: AxiosRequestConfig;

  /**
   * Longest time in ms that a response waits for its conversion to be recorded; then it leaves, and
   * recording goes on. Doesn't bound delivery: see `delivery.timeout`. Default 250.
   */
  @IsIntegerFrom(0, LONGEST_TIMER)
  recordTimeout?: number = 250;

  /** Longest time in ms that a shutdown waits for the requests in flight. Default 5,000. */
  @IsIntegerFrom(0, LONGEST_TIMER)
  shutdownTimeout?: number = 5_000;
}

/** What `useClass` and `useExisting` of `forRootAsync` need. */
export interface ConversionFeedbackOptionsFactory {
  createConversionFeedbackOptions():
    Promise<ConversionFeedbackModuleOptions> | ConversionFeedbackModuleOptions;
}

/** The options with every default filled in. */
export interface ResolvedOptions extends Required<
  Omit<ConversionFeedbackModuleOptions, 'expireAfter' | 'http' | 'delivery'>
> {
  readonly expireAfter?: number;
  readonly http?: AxiosRequestConfig;
  readonly delivery: DeliverySettings | false;
  /** Longest time in ms for one request. */
  readonly timeout: number;
}

/**
 * Fills in the defaults.
 * @throws InvalidOptionsError with all that is wrong
 */
export function resolveOptions(given: ConversionFeedbackModuleOptions): ResolvedOptions {
  if (!isPlainObject(given)) {
    throw new InvalidOptionsError([
      { field: 'options', message: 'the options must be an object with authId and authToken' },
    ]);
  }
  const options = new ConversionFeedbackModuleOptions();
  const faults = [
    ...fill(options, given, ''),
    ...faultsOf(options, new Set(['authToken', 'http', 'storage'])),
  ];
  const { delivery, storage } = options;
  if (faults.length === 0 && delivery === false && !storage!.shared) {
    faults.push({
      field: 'delivery',
      message: `\`delivery\` can't be false with ${storage!.constructor.name}: no other process sees what it records`,
    });
  }
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  const timeout = (delivery || new DeliveryOptions()).timeout;
  return { ...(options as ResolvedOptions), timeout: timeout! };
}

/** Puts what was given in the place of the defaults, at each level. An undefined value is none. */
function fill(defaults: object, given: object, parent: string): Fault[] {
  const { fields, faults } = fieldsOf(given, parent);
  for (const [key, value] of fields) {
    const inner = (defaults as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (NESTED.some((type) => inner instanceof type) && isPlainObject(value)) {
      faults.push(...fill(inner as object, value, `${parent}${key}.`));
    } else {
      Object.assign(defaults, { [key]: value });
    }
  }
  return faults;
}

const NESTED = [DeliveryOptions, RateLimitOptions, BackoffOptions];

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(value);
  const bare = pathname === '/' && !search && !hash && !username && !password;
  return bare && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function isConversionStorage(value: unknown): boolean {
  const methods = [
    'open',
    'track',
    'settle',
    'enqueue',
    'deliver',
    'stopDelivering',
    'counts',
    'failed',
    'retryFailed',
    'close',
  ];
  return isPlainObject(value) && methods.every((method) => typeof value[method] === 'function');
}

function forbiddenIn(value: unknown): string {
  const found = isPlainObject(value) ? OURS.filter((key) => key in value) : [];
  return (found.length > 0 ? found : ['base URL', 'headers or auth'])
    .map((key) => `\`${key}\``)
    .join(', ');
}
