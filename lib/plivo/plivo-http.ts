import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import axios, { AxiosRequestConfig, isAxiosError } from 'axios';
import { ResolvedOptions } from '../conversion-feedback.options.js';

/** An answer, whatever its status. */
export interface PlivoResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Undefined where the body is no JSON object. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** No answer came. Holds nothing of the request. */
export class NoAnswer extends Error {
  /**
   * @param message what happened, in a few words
   * @param mayHaveArrived whether the request may have reached Plivo all the same
   */
  constructor(
    message: string,
    readonly mayHaveArrived: boolean,
  ) {
    super(message);
  }
}

/** An idle connection is closed before a server's usual 5 s are over: the next request would die on it. */
const IDLE_TIMEOUT = 4_000;
/** As axios has it of each request: where we had it otherwise, each would set it twice. */
const KEEP_ALIVE_PROBE = 60_000;
/** An answer of Plivo's is some hundred bytes. */
const LONGEST_ANSWER = 65_536;
/**
 * Errors of a connection that was never made, or whose other end isn't who it says: the request
 * can't have arrived.
 */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Posts JSON to Plivo, with the account's credentials. */
export class PlivoHttp {
  readonly #http: HttpService;
  readonly #headers: Readonly<Record<string, string>>;
  /** Scheme, host and port. */
  readonly #origin: string;
  readonly #agents: (HttpAgent | HttpsAgent)[];

  constructor(
    private readonly options: Pick<
      ResolvedOptions,
      'authId' | 'authToken' | 'baseUrl' | 'http' | 'timeout'
    >,
  ) {
    const { authId, authToken, baseUrl } = options;
    this.#origin = new URL(baseUrl).origin;
    this.#headers = {
      authorization: `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`,
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'nestjs-conversion-feedback',
    };
    const keepAlive = {
      keepAlive: true,
      keepAliveMsecs: KEEP_ALIVE_PROBE,
      timeout: IDLE_TIMEOUT,
    };
    const httpAgent = new HttpAgent(keepAlive);
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 can't unsay it.
    const httpsAgent = new HttpsAgent({ ...keepAlive, rejectUnauthorized: true });
    this.#agents = [httpAgent, httpsAgent];
    // The environment's proxy would read what goes to it in plain http, the credentials included.
    const proxy = this.#origin.startsWith('http:') ? false : undefined;
    const given = Object.entries(options.http ?? {}).filter(([, value]) => value !== undefined);
    this.#http = new HttpService(
      ownInstance({ httpAgent, httpsAgent, proxy, ...Object.fromEntries(given) }),
    );
  }

  /**
   * @param path from the root, already encoded
   * @throws NoAnswer where none came
   */
  async post(path: string, body: object): Promise<PlivoResponse> {
    const { timeout } = this.options;
    try {
      // Nest's observable cancels each request when it is over, which costs an error and its stack.
      const { status, headers, data } = await this.#http.axiosRef.request<string>({
        method: 'POST',
        url: this.#origin + path,
        data: JSON.stringify(body),
        headers: { ...this.#headers },
        signal: AbortSignal.timeout(timeout),
      });
      return { status, headers: { ...headers }, body: jsonObject(data) };
    } catch (error) {
      throw noAnswer(error, timeout);
    }
  }

  /** Closes all connections, with what is in flight on them, unless option `http` brought the agents. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}

/**
 * An axios instance that only we set up: `axios.create` starts from the defaults of the axios copy
 * that the host shares with us, and the official SDK, among others, writes to those.
 */
function ownInstance(config: AxiosRequestConfig): ConstructorParameters<typeof HttpService>[0] {
  const ours: AxiosRequestConfig = {
    ...config,
    adapter: 'http',
    maxRedirects: 0,
    maxContentLength: LONGEST_ANSWER,
    responseType: 'text',
    transitional: { silentJSONParsing: true, forcedJSONParsing: false, clarifyTimeoutError: true },
    validateStatus: () => true,
    transformRequest: [(data: string) => data],
    transformResponse: [(data: string) => data],
  };
  const instance = axios.create(ours);
  const defaults = instance.defaults as Record<string, unknown>;
  for (const key of Object.keys(defaults)) if (!(key in ours)) delete defaults[key];
  instance.defaults.headers = {} as typeof instance.defaults.headers;
  // axios has one set of typings for import and one for require: to a CommonJS build they are strangers.
  const stranger: unknown = instance;
  return stranger as ConstructorParameters<typeof HttpService>[0];
}

function jsonObject(text: unknown): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The axios error holds the Authorization header: only its code leaves here. */
function noAnswer(error: unknown, timeout: number): NoAnswer {
  const code = isAxiosError(error) ? (error.code ?? '') : '';
  if (code === 'ERR_CANCELED' || code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new NoAnswer(`no answer within ${timeout} ms`, true);
  }
  if (code === 'ERR_BAD_RESPONSE') return new NoAnswer('the answer could not be read', true);
  return new NoAnswer(
    `no answer, the connection failed (${code || 'unknown error'})`,
    !NOT_CONNECTED.has(code),
  );
}
