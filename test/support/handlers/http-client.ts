import { once } from 'node:events';
import { IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Client, Verify } from './kind.js';

/** The time of an answer, and what is counted by it. */
export const VOLATILE_HEADERS = /^date: .*$/gim;

/** Posts each verification as JSON, on a connection of its own. */
export function httpClient(
  port: number,
  path = '/verify',
  body: (verify: Verify) => object = (verify) => verify,
): Client {
  return {
    verify: async (verify) => {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers });
      sent.end(JSON.stringify(body(verify)));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return text(response);
    },
    close: () => {},
  };
}
