import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { tell } from './parent.js';

const CONVERSION = /\/message\/([^/]+)\/conversion\//;

/** Tells of each request for a report that this process makes, as Node itself sees it. */
export function tellOfTheWire(): void {
  subscribe('http.client.request.start', (news) => {
    const messageUuid = uuidOf((news as { request: ClientRequest }).request);
    if (messageUuid) tell({ kind: 'asked', messageUuid });
  });
  subscribe('http.client.response.finish', (news) => {
    const { request, response } = news as { request: ClientRequest; response: IncomingMessage };
    const messageUuid = uuidOf(request);
    if (!messageUuid) return;
    const { statusCode = 0, headers } = response;
    tell({ kind: 'answered', messageUuid, status: statusCode, retryAfter: headers['retry-after'] });
  });
}

function uuidOf(request: ClientRequest): string | undefined {
  return CONVERSION.exec(request.path)?.[1];
}
