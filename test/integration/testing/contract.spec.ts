import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbConversionStorage, MemoryConversionStorage } from '../../../lib/index.js';
import type { Deliver } from '../../../lib/delivery/answer.js';
import type { RateLimit } from '../../../lib/delivery/rate-limit.js';
import type {
  ConversionStorage,
  ConversionStorageHost,
} from '../../../lib/storage/conversion-storage.js';
import { describeConversionStorage } from '../../../lib/testing/index.js';
import { tempFolder } from '../../support/temp-folder.js';

type Run = () => Promise<void>;
type Changes = (host: ConversionStorageHost) => Partial<ConversionStorageHost>;

/** Runs the cases of the contract that hold a rule, and rejects as the first of them does that fails. */
async function hold(rule: string, make: () => ConversionStorage): Promise<void> {
  const rules = new Map<string, Run>();
  const [befores, afters]: [Run[], Run[]] = [[], []];
  describeConversionStorage('Storage', async () => ({ make, discard: async () => {} }), {
    describe: (_, define) => define(),
    it: (name, run) => rules.set(name, run),
    beforeEach: (run) => befores.push(run),
    afterEach: (run) => afters.push(run),
    expect,
  });
  const cases = [...rules].filter(([name]) => name.includes(rule));
  expect(cases).not.toEqual([]);
  for (const [, run] of cases) {
    await befores[0]();
    await run().finally(afters[0]);
  }
}

/** A storage of ours that takes its host for another. */
function misled<T extends ConversionStorage>(storage: T, changes: Changes): T {
  const open = storage.open.bind(storage);
  storage.open = (host) => open({ ...host, ...changes(host) });
  return storage;
}

/** Lets requests through only so fast as windows allow of which each begins with its first request. */
function inFixedWindows({ max, duration }: RateLimit, deliver: Deliver): Deliver {
  let [begin, count] = [-Infinity, 0];
  return async (report) => {
    for (;;) {
      const now = performance.now();
      if (now >= begin + duration) [begin, count] = [now, 0];
      if (count < max) break;
      await sleep(begin + duration - now);
    }
    count += 1;
    return deliver(report);
  };
}

describe('the storage contract', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(() => folder.remove());

  const memory = (changes: Changes) => () => misled(new MemoryConversionStorage(), changes);
  const lmdb = (changes: Changes) => () => misled(new LmdbConversionStorage(folder), changes);

  it('passes a storage that measures its backoff by elapsed(), which never goes back', async () => {
    const storage = memory(({ clock, delivery }) => ({
      clock: {
        now: () => clock.elapsed(),
        elapsed: () => clock.elapsed(),
        after: (ms, callback) => clock.after(ms, callback),
      },
      delivery: delivery && { ...delivery, backoff: { initial: 1_000, max: Infinity } },
    }));

    await hold('the clock was set back', storage);
  });

  it('passes a storage that waits at its end for the requests it had cut', async () => {
    const requests: Promise<unknown>[] = [];
    const make = (): ConversionStorage => {
      const storage = memory(({ deliver }) => ({
        deliver: (report) => {
          const answer = deliver(report);
          requests.push(answer);
          return answer;
        },
      }))();
      const stop = storage.stopDelivering.bind(storage);
      storage.stopDelivering = async (timeout) => {
        await stop(timeout);
        await Promise.all(requests);
      };
      return storage;
    };

    await hold('leaves a request in flight at its end', make);
  }, 10_000);

  it('finds a storage out that makes a request too many, a moment later', async () => {
    let requests = 0;
    const storage = memory(({ delivery, deliver }) => ({
      delivery: delivery && { ...delivery, concurrency: delivery.concurrency + 1 },
      deliver: async (report) => {
        requests += 1;
        if (requests === 4) await sleep(20);
        return deliver(report);
      },
    }));

    await expect(hold('at most as many requests in flight', storage)).rejects.toThrow(
      /Expected: 3\s+Received: 4/,
    );
  });

  it('finds a storage out that doesn’t know the rate limit', async () => {
    const storage = memory(({ delivery }) => ({
      delivery: delivery && { ...delivery, rateLimit: false },
    }));

    await expect(hold('the rate limit', storage)).rejects.toThrow(/Expected: >= 500/);
  });

  it('finds a storage out that keeps to the rate limit in windows, but not around their edges', async () => {
    const storage = memory(({ delivery, deliver }) => ({
      delivery: delivery && { ...delivery, rateLimit: false },
      deliver:
        delivery && delivery.rateLimit ? inFixedWindows(delivery.rateLimit, deliver) : deliver,
    }));

    await expect(hold('the rate limit', storage)).rejects.toThrow(/Expected: >= 500/);
  });

  it('finds a storage out that sends again what may still be in flight', async () => {
    const storage = lmdb(() => ({ abandon: () => {} }));

    await expect(hold('the request that it left', storage)).rejects.toThrow(/Expected: true/);
  });

  it('finds a storage out that cuts requests which are answered in time', async () => {
    const make = (): ConversionStorage => {
      let abandon = (): void => {};
      const storage = memory((host) => {
        abandon = host.abandon;
        return {};
      })();
      const stop = storage.stopDelivering.bind(storage);
      storage.stopDelivering = (timeout) => {
        abandon();
        return stop(timeout);
      };
      return storage;
    };

    await expect(hold('waits at its end', make)).rejects.toThrow(/Expected: false/);
  });
});
