import type { AxiosRequestConfig } from 'axios';
import { IsIn, IsOptional, Matches, ValidateIf } from 'class-validator';
import { ConversionStatus } from './conversion-status.js';
import { Fault, InvalidOptionsError } from './conversion-feedback.errors.js';
import { DeliverySettings } from './delivery/delivery-loop.js';
import { ConversionStorage } from './storage/conversion-storage.js';
import { LmdbConversionStorage } from './storage/lmdb/lmdb-conversion-storage.js';
import { IsIntegerFrom, IsSettings, IsText, Keeps } from './validation/decorators.js';
import { faultsOf, fieldsOf, holds, isFields } from './validation/faults.js';

/** Node fires a longer timer at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The name of the account whose `forRoot` gives none. */
export const DEFAULT_ACCOUNT = 'default';

/** Folder of the store that is made where no storage is given. */
const STORE = '.conversion-feedback';

/** What `http` may hold, and what each must be. Anything else could change where requests go, or what they say. */
const TRANSPORT: Readonly<Record<string, (value: unknown) => boolean>> = {
  proxy: isProxy,
  httpAgent: isAgent,
  httpsAgent: isAgent,
  lookup: (value) => typeof value === 'function',
  family: (value) => value === 4 || value === 6,
};

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
  /**
   * Tells this Plivo account from the app's others, in `@TrackConversion({ name })` and
   * `@InjectConversionFeedback(name)`; each has its own credentials, storage and delivery. With
   * `forRootAsync` it stands beside the factory. Default `'default'`: the account that is meant where
   * no name is given.
   */
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, - or _' })
  name?: string = DEFAULT_ACCOUNT;

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
  @Keeps(
    'isBaseUrl',
    isBaseUrl,
    'must be https, or http on a loopback host, without path, query or credentials',
  )
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
  @Keeps(
    'isLongerThanExpiry',
    (value, options) => {
      const { expireAfter } = options as ConversionFeedbackModuleOptions;
      return (
        !Number.isInteger(expireAfter) ||
        !Number.isInteger(value) ||
        (value as number) > expireAfter!
      );
    },
    ({ object }) =>
      `must be longer than \`expireAfter\` ${(object as ConversionFeedbackModuleOptions).expireAfter}: a message outlives its expiry`,
  )
  retention?: number = 86_400_000;

  /**
   * Where messages and reports are kept. Default `new LmdbConversionStorage({ path:
   * '.conversion-feedback' })`: a folder in the working directory. A named account's default is
   * `.conversion-feedback-<name>`.
   */
  @Keeps(
    'isConversionStorage',
    isConversionStorage,
    'must be a ConversionStorage, for example new LmdbConversionStorage({ path })',
  )
  storage?: ConversionStorage = new LmdbConversionStorage({ path: STORE });

  /** How reports are delivered; `false`: this process records, and others on the same storage deliver. */
  @ValidateIf((options: ConversionFeedbackModuleOptions) => options.delivery !== false)
  @IsSettings('an object, or false')
  delivery?: DeliveryOptions | false = new DeliveryOptions();

  /**
   * Handed to the HTTP client (@nestjs/axios): `proxy`, `httpAgent` and `httpsAgent` (which may carry
   * a CA), `lookup` and `family`. Never where requests go or what they say.
   *
   * Without `proxy`, the environment's HTTPS_PROXY and NO_PROXY are obeyed, by a tunnel in which the
   * proxy sees no more than the host's name; HTTP_PROXY isn't, since plain http is for this machine
   * alone. `false`: no proxy, whatever the environment says.
   */
  @IsOptional()
  @Keeps(
    'isTransportConfig',
    (value) => isFields(value) && wrongIn(value).length === 0,
    ({ value }) =>
      `must be an object with ${Object.keys(TRANSPORT).join(', ')} as axios takes them${butNot(value)}`,
  )
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
 * @param account name of the account that the module was made for
 * @throws InvalidOptionsError with all that is wrong
 */
export function resolveOptions(
  given: ConversionFeedbackModuleOptions,
  account: string = DEFAULT_ACCOUNT,
): ResolvedOptions {
  if (!isFields(given)) {
    throw new InvalidOptionsError([
      { field: 'options', message: 'the options must be an object with authId and authToken' },
    ]);
  }
  const options = new ConversionFeedbackModuleOptions();
  const { storage: ofDefaultAccount } = options;
  options.name = account;
  const unread = fill(options, given, '');
  const named = new Set(unread.map(({ field }) => field));
  const faults = [...unread, ...faultsOf(options, SECRET).filter(({ field }) => !named.has(field))];
  const { name, delivery, storage } = options;
  if (faults.length === 0 && name !== account) {
    faults.push({
      field: 'name',
      message: '`name` must stand beside the factory, not in what it returns: handlers ask for it',
    });
  }
  if (faults.length === 0 && delivery === false && !storage!.shared) {
    faults.push({
      field: 'delivery',
      message: `\`delivery\` can't be false with ${nameOf(storage!)}: no other process sees what it records`,
    });
  }
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  if (storage === ofDefaultAccount && name !== DEFAULT_ACCOUNT) {
    options.storage = new LmdbConversionStorage({ path: `${STORE}-${name}` });
  }
  const timeout = (delivery || new DeliveryOptions()).timeout;
  return { ...(options as ResolvedOptions), timeout: timeout! };
}

/** Options whose values appear in no message: ID and token are easily mixed up. */
const SECRET = new Set(['authId', 'authToken', 'http', 'storage']);

/** Puts what was given in the place of the defaults, at each level. An undefined value is none. */
function fill(defaults: object, given: object, parent: string): Fault[] {
  const { fields, faults } = fieldsOf(given, parent.slice(0, -1) || 'options', parent);
  for (const [key, value] of fields) {
    const inner = (defaults as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (NESTED.some((type) => inner instanceof type) && isFields(value)) {
      faults.push(...fill(inner as object, value, `${parent}${key}.`));
    } else {
      Object.assign(defaults, { [key]: value });
    }
  }
  return faults;
}

const NESTED = [DeliveryOptions, RateLimitOptions, BackoffOptions];

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
    'insights',
    'markInsights',
    'close',
  ] satisfies (keyof ConversionStorage)[];
  return isFields(value) && methods.every((method) => typeof value[method] === 'function');
}

function nameOf(storage: ConversionStorage): string {
  const { constructor } = storage as Partial<object>;
  return typeof constructor === 'function' ? constructor.name : 'this storage';
}

function isProxy(value: unknown): boolean {
  if (value === false) return true;
  return isFields(value) && (typeof value.host === 'string' || typeof value.hostname === 'string');
}

/** What Node asks of an agent. */
function isAgent(value: unknown): boolean {
  return isFields(value) && typeof value.addRequest === 'function';
}

/** Names in `http` that it may not hold, or whose values are wrong. An undefined value is none. */
function wrongIn(http: Record<string, unknown>): string[] {
  const given = Object.keys(http).filter((key) => http[key] !== undefined);
  return given.filter((key) => !Object.hasOwn(TRANSPORT, key) || !TRANSPORT[key](http[key]));
}

function butNot(value: unknown): string {
  let wrong: string[] = [];
  holds(() => isFields(value) && (wrong = wrongIn(value)).length > 0);
  return wrong.length > 0 ? `; wrong in it: ${wrong.map((key) => `\`${key}\``).join(', ')}` : '';
}
