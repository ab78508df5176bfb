import { request as httpRequest } from 'node:http';
import type { PlivoSandbox } from '../../../lib/sandbox/index.js';

/** What a client got: an answer, or the code of the error that cut it short. */
export interface Outcome {
  status?: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read what they expect
  errorCode?: string;
}

export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** ms until the client gives up. */
  timeout?: number;
}

/** One request over a connection of its own, without anything a client library would smooth over. */
export function call(url: string, { method = 'POST', path, headers, body, timeout }: Call) {
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise<Outcome>((resolve) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest(
      { hostname: hostname.replace(/^\[|\]$/g, ''), port, method, path, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', (error: NodeJS.ErrnoException) =>
          resolve({ headers: {}, text: '', json: undefined, errorCode: error.code }),
        );
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode,
            headers: response.headers,
            text,
            json: tryJson(text),
          });
        });
      },
    );
    request.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ headers: {}, text: '', json: undefined, errorCode: error.code }),
    );
    if (timeout !== undefined) {
      const timer = setTimeout(
        () => request.destroy(Object.assign(new Error('timeout'), { code: 'CLIENT_TIMEOUT' })),
        timeout,
      );
      request.once('close', () => clearTimeout(timer));
    }
    request.end(payload);
  });
}

export function basicAuth({ authId, authToken }: { authId: string; authToken: string }): string {
  return `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`;
}

export const OTP = {
  src: '14155550100',
  dst: '4915112345678',
  text: '123456 is your code',
  trackable: true,
};

export const REPORT = { status: 'CONVERTED', timestamp: '2020-08-01T11:32:26Z' };

export function messagePath({ authId }: PlivoSandbox): string {
  return `/v1/Account/${authId}/Message/`;
}

export function conversionPath({ authId }: PlivoSandbox, messageUuid: string): string {
  return `/v1/account/${authId}/message/${messageUuid}/conversion/`;
}

/** A correct request to send a message, with what the test changes. */
export function send(sandbox: PlivoSandbox, body: unknown = OTP, more: Partial<Call> = {}) {
  return call(sandbox.url, {
    path: messagePath(sandbox),
    body,
    ...more,
    headers: {
      Authorization: basicAuth(sandbox),
      'Content-Type': 'application/json',
      ...more.headers,
    },
  });
}

/** A correct report of a conversion, with what the test changes. */
export function report(
  sandbox: PlivoSandbox,
  messageUuid: string,
  body: unknown = REPORT,
  more: Partial<Call> = {},
) {
  return send(sandbox, body, { path: conversionPath(sandbox, messageUuid), ...more });
}

/** Sends a message and returns its message_uuid. */
export async function sent(sandbox: PlivoSandbox, body: unknown = OTP): Promise<string> {
  const { json } = await send(sandbox, body);
  return json.message_uuid[0] as string;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
