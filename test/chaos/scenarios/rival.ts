import { setTimeout as sleep } from 'node:timers/promises';
import { backlogOf, settleAll } from '../harness/backlog.js';
import { mostWithin } from '../harness/figures.js';
import type { Provider } from '../harness/provider.js';
import { takeTally } from '../harness/tally.js';
import { inWorld, type Scenario } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

/** Plivo's limit for an account, and what a rival program on the same account uses of it. */
const PLIVO = { max: 300, duration: 5_000 };
const RIVAL = 90;
/** Our default. */
const OURS = 200;
const CONCURRENCY = 10;

/** Another program uses the same account while our backlog drains at the default rate limit. */
export const rival: Scenario = {
  name: 'rival',
  unit: 'reports',
  whole: 2_000,
  run: async ({ rounds: reports, onProgress }) => {
    return inWorld({ provider: { rateLimit: PLIVO } }, async (world) => {
      const { provider, service, records } = world;
      const backlog = await slowBacklog(service, reports);
      // All of the account's limit is free again.
      await sleep(PLIVO.duration);
      const before = (await provider.requests()).length;

      const competing = new AbortController();
      const competitor = compete(provider, competing.signal);
      await settleAll(service, backlog);
      while ((await service.drain(1_000)) > 0) onProgress?.(records.delivered.length, reports);
      onProgress?.(reports, reports);
      competing.abort();
      const rivalRefused = await competitor;

      const requests = (await provider.requests()).slice(before);
      const ofOurs = requests.filter(({ messageUuid }) => messageUuid);
      const refused = ofOurs.filter(({ status }) => status === 429).length;
      const most = mostWithin(
        ofOurs.map(({ receivedAt }) => receivedAt),
        PLIVO.duration,
      );
      const seconds = (ofOurs.at(-1)!.receivedAt - ofOurs[0].receivedAt) / 1_000;
      const tally = await takeTally(backlog, world, { concurrency: CONCURRENCY });
      return {
        figures: [
          { name: 'most requests of ours in 5 s', value: most, promised: `about ${OURS}` },
          { name: 'ours a second', value: (ofOurs.length / seconds).toFixed(1) },
          { name: "the rival's", value: requests.length - ofOurs.length },
          { name: 'our 429s', value: refused, promised: '0' },
          { name: "the rival's 429s", value: rivalRefused, promised: '0' },
          ...tallyFigures(tally),
        ],
        violations: [
          ...tally.violations,
          ...(refused + rivalRefused > 0 ? [`${refused + rivalRefused} requests got 429`] : []),
        ],
      };
    });
  },
};

/** Sends what will be reported, within the account's limit. */
async function slowBacklog(service: Parameters<typeof backlogOf>[0], count: number) {
  const backlog: Awaited<ReturnType<typeof backlogOf>> = [];
  while (backlog.length < count) {
    if (backlog.length > 0) await sleep(PLIVO.duration);
    backlog.push(...(await backlogOf(service, Math.min(PLIVO.max, count - backlog.length))));
  }
  return backlog;
}

/** A program that makes its share of requests in each 5 s, evenly. Returns how many got 429. */
async function compete(provider: Provider, ended: AbortSignal): Promise<number> {
  const { url, authId, authToken } = provider.address;
  const authorization = `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`;
  const body = JSON.stringify({ src: '14155550199', dst: '14155550198', text: 'a rival' });
  let refused = 0;
  while (!ended.aborted) {
    const { status } = await fetch(`${url}/v1/Account/${authId}/Message/`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
    });
    if (status === 429) refused += 1;
    await sleep(PLIVO.duration / RIVAL);
  }
  return refused;
}
