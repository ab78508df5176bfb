import { Agent, request, type RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { ANSWER, loginOf } from './login.js';
import { begin, serve } from './serve.js';

export interface Open {
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  readonly ms: number;
  /** Number of the first verification. */
  readonly from: number;
}

/** Connections at most: a request beyond waits for one, and that counts. */
const CONNECTIONS = 512;
const PATIENCE = 30_000;

begin();
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/**
 * Requests at a steady pace, whether or not the app keeps up: one that is slow holds up no other, and
 * so hides none. autocannon lets a second's requests go all at once at its beginning.
 */
async function pace({ url, rate, ms, from }: Open) {
  const sentAt: number[] = [];
  const took: number[] = [];
  const wrong: string[] = [];
  const underWay: Promise<void>[] = [];
  const count = Math.round((rate * ms) / 1_000);
  const begun = chaosTime();
  for (let sent = 0; sent < count; await sleep(1)) {
    const due = Math.min(count, ((chaosTime() - begun) * rate) / 1_000);
    for (; sent < due; sent += 1) {
      const index = sent;
      sentAt[index] = chaosTime();
      const answered = post(url, loginOf(from + index)).then(
        (body) => {
          took[index] = chaosTime() - sentAt[index];
          if (body !== ANSWER) wrong.push(body);
        },
        (error) => void wrong.push(String(error)),
      );
      underWay.push(answered);
    }
  }
  const spent = chaosTime() - begun;
  await Promise.all(underWay);
  return { sentAt, took, wrong, kept: ms / Math.max(ms, spent) };
}

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options: RequestOptions = { agent, method: 'POST', headers, timeout: PATIENCE };
    const asked = request(`${url}/verify`, options, (response) => {
      text(response).then(resolve, reject);
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE} ms`)));
    asked.once('error', reject);
    asked.end(body);
  });
}

const commands = { pace };
export type PacedLoad = typeof commands;
serve(commands);
