import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStatus,
  ConversionStorageHost,
  DeliveryAnswer,
  MemoryConversionStorage,
} from '../../../lib/index.js';
import { ManualClock } from '../../support/clocks.js';
import { HOUR, newUuid, settings, storageHost } from '../../support/storage-host.js';

const DAY = 24 * HOUR;
const PENDING = 10_000;

const done: DeliveryAnswer = { kind: 'done' };
const unauthorized: DeliveryAnswer = {
  kind: 'refused',
  reason: { status: 401, message: 'authentication failed' },
  maybeOne: false,
};
const away: DeliveryAnswer = { kind: 'not-now', reason: { message: 'no answer' } };
const invalid: DeliveryAnswer = { kind: 'rejected', reason: { status: 400, message: 'invalid' } };

/** Days of delivery in a time that the test moves, at our default limits. */
describe('delivery over days', () => {
  const rateLimit = { max: 200, duration: 5_000 };
  const rate = rateLimit.max / (rateLimit.duration / 1_000);
  let clock: ManualClock;
  let storage: MemoryConversionStorage;
  let context: ReturnType<typeof storageHost>;
  let requests: { at: number; messageUuid: string }[];
  let answer: (messageUuid: string) => DeliveryAnswer;

  const open = async (options: Partial<ConversionStorageHost> = {}): Promise<void> => {
    clock = new ManualClock();
    requests = [];
    answer = () => done;
    context = storageHost({
      clock,
      random: Math.random,
      delivery: { ...settings, rateLimit },
      deliver: async ({ messageUuid }) => {
        requests.push({ at: clock.elapsed(), messageUuid });
        return answer(messageUuid);
      },
      ...options,
    });
    storage = new MemoryConversionStorage();
    await storage.open(context.host);
  };

  const record = async (count: number): Promise<string[]> => {
    const messages = Array.from({ length: count }, newUuid);
    for (const messageUuid of messages) {
      const timestamp = new Date(clock.now());
      await storage.enqueue({ messageUuid, status: ConversionStatus.CONVERTED, timestamp });
    }
    return messages;
  };

  /** The most requests within any span of so many ms. */
  const mostWithin = (span: number, from: number): number => {
    const times = requests.map(({ at }) => at).filter((at) => at >= from);
    let first = 0;
    return times.reduce((most, at, last) => {
      while (times[first] <= at - span) first += 1;
      return Math.max(most, last - first + 1);
    }, 0);
  };

  const drained = async (): Promise<number> => {
    const from = clock.elapsed();
    while ((await storage.counts()).pending > 0) await clock.advance(1_000);
    return clock.elapsed() - from;
  };

  afterEach(() => storage.close());

  it('asks once a minute while the credentials are refused for 3 days, and delivers all afterwards', async () => {
    await open();
    answer = () => unauthorized;
    await record(PENDING);
    storage.deliver();
    await clock.advance(HOUR);
    await clock.leap(3 * DAY - HOUR, 20_000);
    const foundOut = settings.concurrency;
    expect(requests.length).toBeGreaterThan(3 * 24 * 60 - 100);
    expect(mostWithin(60_000, requests[foundOut].at)).toBe(1);
    expect(await storage.counts()).toEqual({ open: 0, pending: PENDING, failed: 0 });

    answer = () => done;
    await clock.advance(60_000);
    await drained();
    expect(context.events.of('delivered')).toHaveLength(PENDING);
    expect(context.events.of('failed')).toEqual([]);
  }, 120_000);

  it('loses and fails nothing while the provider is away for 72 hours, and drains at the rate limit', async () => {
    await open();
    answer = () => away;
    await record(PENDING);
    storage.deliver();
    await clock.advance(HOUR);
    await clock.leap(71 * HOUR, 10_000);
    expect(mostWithin(1_000, requests[settings.concurrency].at)).toBeLessThanOrEqual(2);
    expect(await storage.counts()).toEqual({ open: 0, pending: PENDING, failed: 0 });

    answer = () => done;
    await clock.advance(2_000);
    expect(context.events.of('delivered').length).toBeGreaterThan(0);
    expect(await drained()).toBeLessThanOrEqual(1.1 * (PENDING / rate) * 1_000);
    expect(context.events.of('failed')).toEqual([]);
    expect(context.events.of('delivered')).toHaveLength(PENDING);
  }, 240_000);

  it('lets one report in a hundred that is always wrong fail alone, and holds nobody up', async () => {
    await open();
    const messages = await record(2_000);
    storage.deliver();
    const without = await drained();

    await open();
    const others = await record(1_980);
    const poison = new Set(await record(20));
    answer = (uuid) => (poison.has(uuid) ? invalid : done);
    storage.deliver();
    const withPoison = await drained();
    expect(others.length / withPoison).toBeGreaterThanOrEqual(0.95 * (messages.length / without));
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: poison.size });
    expect(context.events.of('delivered')).toHaveLength(others.length);
  }, 60_000);

  it('spreads the retries of 100,000 reports that failed together: no wave comes back', async () => {
    const perTenth = new Array<number>(10).fill(0);
    for (let round = 0; round < 40; round += 1) {
      await open({ delivery: { ...settings, rateLimit: false } });
      // One in two passes: the line stays free, and each failure is its report's own.
      let asked = 0;
      answer = () => ((asked += 1) % 2 ? done : away);
      await record(5_000);
      const failedAt = clock.now();
      storage.deliver();
      while (context.events.of('retrying').length < 2_500) await clock.advance(0);
      for (const { nextAttemptAt } of context.events.of('retrying'))
        perTenth[Math.min(9, Math.floor((nextAttemptAt.getTime() - failedAt) / 100))] += 1;
      await storage.close();
    }
    expect(Math.max(...perTenth)).toBeLessThan(11_000);
    expect(Math.min(...perTenth)).toBeGreaterThan(9_000);
  }, 120_000);
});
