import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { firstValueFrom, Subject } from 'rxjs';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { account, AUTHORIZATION } from './account.js';
import { begin, serve } from './serve.js';

/**
 * What the provider does with a report.
 * - `answer`: takes it, after `delay` ms
 * - `hang`: never answers
 * - `refuse`: its port is closed
 */
export type Mood = 'answer' | 'hang' | 'refuse';

const PATH = new RegExp(`^/v1/account/${account.authId}/message/([0-9a-f-]{36})/conversion/$`);

const { delay = 0 } = begin<{ delay?: number }>();
/** Moments at which a request came. */
const asked$ = new Subject<number>();
let mood: Mood = 'answer';
let taken = new Set<string>();
let repeated = 0;
let wrong: string[] = [];

/** Stands in for Plivo: checks what it gets, answers as Plivo documents, and counts. */
const server = createServer((request, response) => {
  asked$.next(chaosTime());
  if (mood === 'hang') return;
  void take(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const messageUuid = PATH.exec(request.url!)?.[1];
  const fault = messageUuid ? faultOf(request, body) : 'its path is no report’s';
  if (messageUuid === undefined || fault) {
    wrong.push(`${request.method} ${request.url} ${body}: ${fault}`);
    response.writeHead(400).end('{"api_id":"","error":"invalid"}');
    return;
  }
  if (taken.has(messageUuid)) repeated += 1;
  taken.add(messageUuid);
  const answer = JSON.stringify({
    api_id: messageUuid,
    conversion_uuid: `conv-${messageUuid}`,
    message: 'successfully recorded.',
    message_uuid: messageUuid,
  });
  const send = (): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  };
  if (delay > 0) setTimeout(send, delay);
  else send();
}

function faultOf({ method, headers }: IncomingMessage, body: string): string | undefined {
  if (method !== 'POST') return 'it is no POST';
  if (headers.authorization !== AUTHORIZATION) return 'its credentials are wrong';
  if (!headers['content-type']?.startsWith('application/json')) return 'it is not said to be JSON';
  const { status, timestamp } = JSON.parse(body) as Record<string, string>;
  if (status !== 'CONVERTED') return 'its status is wrong';
  return Number.isNaN(Date.parse(timestamp)) ? 'its timestamp is none' : undefined;
}

const commands = {
  url: () => `http://127.0.0.1:${port}`,
  /** Reports taken since the last reset, how many came again, and what was no report. */
  taken: () => ({ distinct: taken.size, repeated, wrong, at: chaosTime() }),
  reset(): void {
    taken = new Set();
    wrong = [];
    repeated = 0;
  },
  /** Resolves with the moment at which the next request comes. */
  nextAsked: () => firstValueFrom(asked$),
  async be(next: Mood): Promise<void> {
    if (next === 'refuse' && server.listening) server.close();
    // Whoever waits for an answer gets none.
    if (mood !== 'answer' || next !== 'answer') server.closeAllConnections();
    if (next !== 'refuse' && !server.listening) {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    }
    mood = next;
  },
};

export type Provider = typeof commands;
serve(commands);
