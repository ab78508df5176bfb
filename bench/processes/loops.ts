import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { account } from './account.js';
import { byCallers } from './callers.js';
import { begin, serve } from './serve.js';
import { between, usage } from './vitals.js';

type Post = (messageUuid: string, body: object) => Promise<unknown>;
interface SdkHttp {
  readonly Axios: (
    config: typeof account & { url: string; userAgent: string },
  ) => (method: string, action: string, params: object) => Promise<unknown>;
}

/** Ways of posting a report without this package. */
const ways = {
  /** The HTTP layer of the official SDK, which has no call for reports. It sets up axios for all. */
  sdk: (url: string): Post => {
    const { Axios } = createRequire(import.meta.url)('plivo/dist/rest/axios.js') as SdkHttp;
    const request = Axios({ ...account, url, userAgent: 'benchmark' });
    return (messageUuid, body) => request('POST', `message/${messageUuid}/conversion/`, body);
  },
  axios: (url: string): Post => {
    const auth = { username: account.authId, password: account.authToken };
    return (messageUuid, body) =>
      axios.post(`${url}/message/${messageUuid}/conversion/`, body, { auth });
  },
};

const { url, way } = begin<{ url: string; way: keyof typeof ways }>();
const post = ways[way](`${url}/v1/account/${account.authId}`);

const commands = {
  /** Posts so many reports in a loop, so many at once. */
  async post(callers: number, count: number) {
    const before = usage();
    await byCallers(callers, count, () => post(randomUUID(), report()));
    return between(before, usage());
  },
  /** Posts so many reports a second, for so many ms. */
  async pace(perSecond: number, ms: number) {
    const before = usage();
    const posts: Promise<unknown>[] = [];
    for (let at = 0; at < ms; at += 1_000 / perSecond) {
      await sleep(before.at + at - usage().at);
      posts.push(post(randomUUID(), report()));
    }
    await Promise.all(posts);
    return between(before, usage());
  },
};

function report() {
  return { status: 'CONVERTED', timestamp: new Date().toISOString() };
}

export type Loops = typeof commands;
serve(commands);
