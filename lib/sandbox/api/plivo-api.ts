import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults, SandboxFault } from '../faults.js';
import { BodyTooLargeError, isJson, readBody } from '../http/body.js';
import { sendJson } from '../http/send-json.js';
import type { PlivoSandboxOptions } from '../options.js';
import type { SlidingWindow } from '../rate-limit.js';
import type { OpenRequest, SandboxStore } from '../store.js';
import type { UuidV1 } from '../uuid-v1.js';
import { failure, type Answer } from './answer.js';
import { authFault } from './basic-auth.js';
import { reportConversion } from './report-conversion.js';
import { findRoute, type Route } from './routes.js';
import { sendMessage } from './send-message.js';

/** What the API needs of the sandbox around it. */
export interface PlivoApiParts {
  options: Required<PlivoSandboxOptions>;
  store: SandboxStore;
  faults: Faults;
  /** Unset: no limit. */
  rateLimit?: SlidingWindow;
  uuids: UuidV1;
}

/**
 * The emulated API. A request passes, in this order: its record in `requests`, the fault that hits
 * it, the rate limit, the route, Basic authentication, its body, and the resource.
 */
export class PlivoApi {
  /** One for each request in hand: ends its delay, or its hanging. */
  readonly #inHand = new Set<AbortController>();

  constructor(private readonly parts: PlivoApiParts) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = this.record(request);
    const left = new AbortController();
    this.#inHand.add(left);
    response.once('close', () => {
      this.#inHand.delete(left);
      left.abort();
      this.parts.store.closeRequest(record);
    });

    const route = findRoute(record.method, record.path);
    const fault = 'resource' in route ? this.parts.faults.take(route.resource) : undefined;
    const { signal } = left;

    if (fault?.reset === true || fault?.reset === 'before') {
      if (fault.delay) await sleep(fault.delay, undefined, { signal });
      return cut(request);
    }

    let answer: Answer | undefined;
    try {
      record.body = await readBody(request);
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      request.resume();
      answer = failure(413, `payload too large: ${error.message}`, { Connection: 'close' });
    }
    if (fault === undefined || carriesOut(fault)) {
      answer ??= this.answer(request, record.body, route);
    }

    if (fault?.hang) return untilAborted(signal).then(() => cut(request));
    if (fault?.delay) await sleep(fault.delay, undefined, { signal });
    if (fault?.reset === 'after') return cut(request);
    if (response.destroyed) return;

    const late = fault !== undefined && isOnlyLate(fault);
    if (fault !== undefined && !late) this.sendFault(response, record, fault);
    else if (answer !== undefined) this.send(response, record, answer);
  }

  /** Cuts what waits on a delay, or forever. */
  release(): void {
    for (const left of this.#inHand) left.abort();
  }

  /** Notes a request whose connection is cut unread. */
  recordCut(request: IncomingMessage): void {
    this.parts.store.closeRequest(this.record(request));
    cut(request);
  }

  private record(request: IncomingMessage): OpenRequest {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    return this.parts.store.addRequest({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(headers) as Record<string, string>,
      rawHeaders: request.rawHeaders,
    });
  }

  private answer(request: IncomingMessage, body: string, route: Route | Answer): Answer {
    const { options, store, uuids } = this.parts;
    if (this.parts.rateLimit?.take() === false) {
      return failure(429, 'too many requests: the rate limit of the account is exceeded');
    }
    if (!('resource' in route)) return route;

    const fault = authFault(request.headers.authorization, options);
    if (fault !== undefined) return failure(401, fault, { 'WWW-Authenticate': 'Basic' });
    if (route.authId !== options.authId) {
      return failure(options.otherAccount, "the Auth ID in the path isn't the one that signed in");
    }
    if (!isJson(request)) {
      return failure(options.wrongContentType, 'the Content-Type must be application/json');
    }
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return failure(400, "the body isn't JSON");
    }
    return route.resource === 'message'
      ? sendMessage(json, store, uuids)
      : reportConversion(route.messageUuid, json, store, options);
  }

  private send(response: ServerResponse, record: OpenRequest, answer: Answer): void {
    const { status, body, headers } = answer;
    this.parts.store.closeRequest(record, status, body.error as string | undefined);
    sendJson(response, status, { api_id: randomUUID(), ...body }, headers);
  }

  private sendFault(response: ServerResponse, record: OpenRequest, fault: SandboxFault): void {
    const status = fault.status ?? (fault.retryAfter === undefined ? 200 : 429);
    const headers = { ...fault.headers };
    if (fault.retryAfter !== undefined) headers['Retry-After'] = `${fault.retryAfter}`;

    if (fault.body === undefined) {
      const said = status < 300 ? { message: FAULT } : { error: FAULT };
      return this.send(response, record, { status, body: said, headers });
    }
    this.parts.store.closeRequest(record, status, FAULT);
    response.writeHead(status, { ...(fault.body !== '' && HTML), ...headers });
    response.end(fault.body);
  }
}

const FAULT = 'a fault of the sandbox';
const HTML = { 'Content-Type': 'text/html; charset=utf-8' };

function isOnlyLate({ status, retryAfter, body, headers }: SandboxFault): boolean {
  return [status, retryAfter, body, headers].every((part) => part === undefined);
}

function carriesOut(fault: SandboxFault): boolean {
  return fault.accept === true || (!fault.hang && isOnlyLate(fault));
}

function cut(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
