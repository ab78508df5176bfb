import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from '../faults.js';
import { BodyTooLargeError, readBody } from '../http/body.js';
import { sendJson } from '../http/send-json.js';
import { SANDBOX_AUTH_TOKEN, type PlivoSandboxOptions } from '../options.js';
import type { PlivoSandbox } from '../plivo-sandbox.js';
import type { SandboxRequest } from '../records.js';
import type { SandboxStore } from '../store.js';
import { refuse } from './guard.js';
import { LiveStreams } from './live.js';
import { isPageFile, sendPageFile } from './page-files.js';

/** What a page gets at most of each when it opens; the rest is over the control API. */
const SNAPSHOT_MESSAGES = 200;
const SNAPSHOT_REQUESTS = 50;

/** What the control API needs of the sandbox around it. */
export interface ControlApiParts {
  sandbox: PlivoSandbox;
  store: SandboxStore;
  faults: Faults;
  options: Required<PlivoSandboxOptions>;
}

type Handler = (request: ControlRequest) => void | Promise<void>;

interface ControlRequest {
  response: ServerResponse;
  query: URLSearchParams;
  /** What the path names after `/sandbox/messages/`. */
  id: string;
  body: unknown;
}

/** The page, its live events, and the HTTP API that steers the sandbox. */
export class ControlApi {
  readonly #live = new LiveStreams();

  constructor(private readonly parts: ControlApiParts) {
    const { store } = parts;
    store.on('message', (message) => this.#live.send('message', () => message));
    store.on('request', (request) => this.#live.send('request', () => withoutSecrets(request)));
    store.on('reset', () => this.#live.send('snapshot', () => this.#snapshot()));
  }

  /** Whether a request is for us rather than for the emulated API. */
  owns(request: IncomingMessage): boolean {
    const path = pathOf(request);
    // What else a browser asks for (an icon, devtools' own files) is no request to the API either.
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    return /^\/sandbox(\/|$)/.test(path) || (isRead && !/^\/v1(\/|$)/i.test(path));
  }

  faultsChanged(): void {
    this.#live.send('faults', () => this.parts.faults.armed);
  }

  stateChanged(): void {
    this.#live.send('state', () => this.#state());
  }

  /** Ends the live events. */
  disconnect(): void {
    this.#live.close();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host, allowedHosts } = this.parts.options;
    const refusal = refuse(request, [host, ...allowedHosts]);
    if (refusal !== undefined) return sendJson(response, refusal.status, { error: refusal.error });

    const path = pathOf(request);
    if (isPageFile(path)) return sendPageFile(response, path);

    const [, message] = /^\/sandbox\/messages\/([^/]+)$/.exec(path) ?? [];
    const methods = this.#routes[message === undefined ? path : '/sandbox/messages/:uuid'];
    if (methods === undefined) return sendJson(response, 404, { error: 'not found' });
    const handler = methods[request.method ?? ''];
    if (handler === undefined) {
      const allowed = Object.keys(methods).join(', ');
      return sendJson(
        response,
        405,
        { error: `only ${allowed} is allowed here` },
        { Allow: allowed },
      );
    }

    let body: unknown;
    if (request.method === 'POST') {
      try {
        const text = await readBody(request);
        body = text === '' ? undefined : JSON.parse(text);
      } catch (error) {
        if (error instanceof SyntaxError) {
          return sendJson(response, 400, { error: "the body isn't JSON" });
        }
        if (!(error instanceof BodyTooLargeError)) throw error;
        request.resume();
        return sendJson(response, 413, { error: error.message }, { Connection: 'close' });
      }
    }
    const query = new URLSearchParams(request.url?.split('?')[1]);
    await handler({ response, query, id: message ?? '', body });
  }

  readonly #routes: Readonly<Record<string, Record<string, Handler>>> = {
    '/sandbox/events': {
      GET: ({ response }) => this.#live.open(response, 'snapshot', this.#snapshot()),
    },
    '/sandbox/state': {
      GET: ({ response }) => sendJson(response, 200, this.#state()),
    },
    '/sandbox/messages': {
      GET: ({ response, query }) => sendJson(response, 200, { messages: this.#messages(query) }),
    },
    '/sandbox/messages/:uuid': {
      GET: ({ response, query, id }) => {
        const message =
          id === 'latest' ? this.#messages(query).at(-1) : this.parts.store.message(id);
        if (message === undefined) sendJson(response, 404, { error: 'no such message' });
        else sendJson(response, 200, message);
      },
    },
    '/sandbox/conversions': {
      GET: ({ response }) => sendJson(response, 200, { conversions: this.parts.store.conversions }),
    },
    '/sandbox/requests': {
      GET: ({ response }) =>
        sendJson(response, 200, { requests: this.parts.store.requests.map(withoutSecrets) }),
    },
    '/sandbox/faults': {
      GET: ({ response }) => sendJson(response, 200, { faults: this.parts.faults.armed }),
      POST: ({ response, body }) => {
        const error = this.parts.faults.arm(body);
        if (error !== undefined) sendJson(response, 400, { error });
        else sendJson(response, 201, { faults: this.parts.faults.armed });
      },
      DELETE: ({ response }) => {
        this.parts.faults.clear();
        sendJson(response, 200, { faults: [] });
      },
    },
    '/sandbox/down': {
      POST: async ({ response }) => {
        await this.parts.sandbox.down('cut');
        sendJson(response, 200, this.#state());
      },
    },
    '/sandbox/up': {
      POST: async ({ response }) => {
        await this.parts.sandbox.up();
        sendJson(response, 200, this.#state());
      },
    },
    '/sandbox/reset': {
      POST: ({ response }) => {
        this.parts.sandbox.reset();
        sendJson(response, 200, this.#state());
      },
    },
  };

  #messages(query: URLSearchParams) {
    return this.parts.store.select({ dst: query.get('dst') ?? undefined });
  }

  #state() {
    const { sandbox, store, options } = this.parts;
    return {
      url: sandbox.url,
      authId: sandbox.authId,
      // A token somebody chose may be a real one, pasted by mistake.
      authToken: options.authToken === SANDBOX_AUTH_TOKEN ? SANDBOX_AUTH_TOKEN : null,
      availability: sandbox.availability,
      messages: store.messages.length,
      conversions: store.conversions.length,
    };
  }

  #snapshot() {
    const { store, faults } = this.parts;
    return {
      state: this.#state(),
      messages: store.messages.slice(-SNAPSHOT_MESSAGES),
      requests: store.requests.slice(-SNAPSHOT_REQUESTS).map(withoutSecrets),
      faults: faults.armed,
    };
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/\?.*$/, '');
}

function withoutSecrets(request: SandboxRequest): SandboxRequest {
  const headers = { ...request.headers };
  if (headers.authorization !== undefined) headers.authorization = '[left out]';
  const rawHeaders = request.rawHeaders.map((value, index, all) =>
    index % 2 === 1 && all[index - 1].toLowerCase() === 'authorization' ? '[left out]' : value,
  );
  return { ...request, headers, rawHeaders };
}
