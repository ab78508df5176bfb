import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStatus,
  ConversionStorageHost,
  DeliveryAnswer,
  MemoryConversionStorage,
} from '../../../lib/index.js';
import { ManualClock, settled } from '../../support/clocks.js';
import { HOUR, newUuid, settings, storageHost } from '../../support/storage-host.js';

const reason = { status: 500, message: 'server error' };
const notNow: DeliveryAnswer = { kind: 'not-now', reason };
const unauthorized: DeliveryAnswer = {
  kind: 'refused',
  reason: { status: 401, message: 'no' },
  maybeOne: false,
};
const forbidden: DeliveryAnswer = {
  kind: 'refused',
  reason: { status: 403, message: 'no' },
  maybeOne: true,
};

/** The loop over a memory storage, in a time that the test moves. */
describe('delivery', () => {
  let clock: ManualClock;
  let storage: MemoryConversionStorage;
  let answer: (messageUuid: string) => DeliveryAnswer | Promise<DeliveryAnswer>;
  let requests: { at: number; messageUuid: string }[];
  let context: ReturnType<typeof storageHost>;

  const open = async (options: Partial<ConversionStorageHost> = {}) => {
    clock = new ManualClock();
    requests = [];
    answer = () => ({ kind: 'done' });
    context = storageHost({
      clock,
      deliver: async ({ messageUuid }) => {
        requests.push({ at: clock.elapsed(), messageUuid });
        return answer(messageUuid);
      },
      ...options,
    });
    storage = new MemoryConversionStorage();
    await storage.open(context.host);
    storage.deliver();
  };

  const report = async (messageUuid = newUuid()) => {
    await storage.enqueue({
      messageUuid,
      status: ConversionStatus.CONVERTED,
      timestamp: new Date(clock.now()),
    });
    return messageUuid;
  };

  beforeEach(() => open());
  afterEach(async () => {
    await storage.close();
    await settled();
    expect(clock.pending).toBe(0);
  });

  it('delivers at once what is recorded', async () => {
    await report();
    await clock.advance(0);
    expect(requests).toHaveLength(1);
  });

  it('keeps to the rate limit, and uses it up', async () => {
    await storage.close();
    await open({ delivery: { ...settings, rateLimit: { max: 20, duration: 5_000 } } });
    for (let i = 0; i < 100; i += 1) await report();
    await clock.advance(25_000);
    expect(requests).toHaveLength(100);
    for (let i = 20; i < 100; i += 1)
      expect(requests[i].at - requests[i - 20].at).toBeGreaterThanOrEqual(5_000);
  });

  it('waits longer after each failure of a report while others pass', async () => {
    const sick = newUuid();
    answer = (uuid) => (uuid === sick ? notNow : { kind: 'done' });
    await report(sick);
    for (let i = 0; i < 2_000; i += 1) {
      await report();
      await clock.advance(100);
    }
    const tries = requests.filter(({ messageUuid }) => messageUuid === sick).map(({ at }) => at);
    const waits = tries.slice(1).map((at, i) => at - tries[i]);
    // Full jitter with a random number of 0.5: half of 1 s, 2 s, 4 s and so on.
    expect(waits.slice(0, 6).map((wait) => Math.round(wait / 100) * 100)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000,
    ]);
  });

  it('asks a provider that is down at most twice a second, with one report at a time', async () => {
    answer = () => notNow;
    for (let i = 0; i < 500; i += 1) await report();
    await clock.advance(60_000);
    const afterFound = requests.filter(({ at }) => at > 1_000);
    expect(afterFound.length).toBeGreaterThan(50);
    expect(afterFound.length).toBeLessThanOrEqual(120);
    expect(context.events.of('paused')).toHaveLength(1);
  });

  it('delivers the whole backlog once the provider is back, the first within 2 s', async () => {
    answer = () => notNow;
    for (let i = 0; i < 100; i += 1) await report();
    await clock.advance(4 * HOUR - 1);
    answer = () => ({ kind: 'done' });
    await clock.advance(2_000);
    expect(context.events.of('delivered')).toHaveLength(100);
    expect(context.events.of('failed')).toEqual([]);
    expect(context.events.of('resumed')).toHaveLength(1);
  });

  it('does not hammer the provider with one report that always gets a 5xx, and lets others by', async () => {
    const poison = newUuid();
    answer = (uuid) => (uuid === poison ? notNow : { kind: 'done' });
    await report(poison);
    await clock.leap(24 * HOUR, 10_000);
    expect(requests.length).toBeLessThan(24 * 6 + 30);
    const other = await report();
    await clock.advance(1_000);
    expect(context.events.of('delivered')).toMatchObject([{ messageUuid: other }]);
    expect(await storage.counts()).toMatchObject({ pending: 1, failed: 0 });
  });

  it('asks once a minute while the credentials are refused, and fails nothing', async () => {
    answer = () => unauthorized;
    for (let i = 0; i < 50; i += 1) await report();
    await clock.advance(HOUR);
    const perMinute = new Map<number, number>();
    for (const { at } of requests.slice(settings.concurrency)) {
      const minute = Math.floor(at / 60_000);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
    expect(Math.max(...perMinute.values())).toBe(1);
    expect(await storage.counts()).toEqual({ open: 0, pending: 50, failed: 0 });
    answer = () => ({ kind: 'done' });
    await clock.advance(61_000);
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('lets a report fail alone that is refused three times while others pass', async () => {
    const poison = newUuid();
    answer = (uuid) => (uuid === poison ? forbidden : { kind: 'done' });
    await report(poison);
    for (let i = 0; i < 100; i += 1) {
      await report();
      await clock.advance(100);
    }
    expect(requests.filter(({ messageUuid }) => messageUuid === poison)).toHaveLength(3);
    expect(context.events.of('failed')).toMatchObject([
      { messageUuid: poison, reason: { status: 403 } },
    ]);
    expect(context.events.of('delivered')).toHaveLength(100);
  });

  it('fails no report for a 403 that all of them get', async () => {
    answer = () => forbidden;
    for (let i = 0; i < 5; i += 1) await report();
    await clock.advance(HOUR);
    expect(await storage.counts()).toEqual({ open: 0, pending: 5, failed: 0 });
    expect(context.events.of('paused')).toHaveLength(1);
  });

  it('obeys Retry-After for the whole line', async () => {
    let told = false;
    answer = () => {
      if (told) return { kind: 'done' };
      told = true;
      return { kind: 'not-now', reason, retryAfter: 30_000 };
    };
    for (let i = 0; i < 30; i += 1) await report();
    await clock.advance(29_999);
    expect(requests.length).toBeLessThanOrEqual(settings.concurrency);
    await clock.advance(1_000);
    expect(context.events.of('delivered')).toHaveLength(30);
  });

  it('comes to rest when there is nothing to do', async () => {
    await report();
    await clock.advance(10_000);
    expect(requests).toHaveLength(1);
    await report();
    await clock.advance(1);
    expect(requests).toHaveLength(2);
  });
});
