import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { ConversionStatus, StorageError, TrackedMessage } from '../../../lib/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const PREFIX = '{together}';

/** A step of a script, as Redis' monitor tells it: the command and its arguments. */
type Step = readonly string[];

describe('BullMQConversionStorage, asked for much in one turn of the event loop', () => {
  let redis: Redis;
  let client: Client;
  let context: ReturnType<typeof storageHost>;
  let storage: BullMQConversionStorage;
  let queueName: string;
  let queues = 0;

  const message = (verificationId: string): TrackedMessage => ({
    messageUuid: newUuid(),
    verificationId,
    sentAt: new Date(context.clock.now()),
    sentAtGiven: false,
    country: 'DE',
  });

  const settle = (verificationId: string) =>
    storage.settle({
      verificationId,
      status: ConversionStatus.CONVERTED,
      timestamp: new Date(context.clock.now()),
    });

  beforeAll(async () => {
    redis = await startRedis();
    client = new Client({ port: redis.port, host: '127.0.0.1' });
  }, 120_000);

  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  beforeEach(async () => {
    queues += 1;
    queueName = `together-${queues}`;
    context = storageHost();
    const connection = { host: '127.0.0.1', port: redis.port };
    storage = new BullMQConversionStorage({ connection, prefix: PREFIX, queueName });
    await storage.open(context.host);
  });

  afterEach(() => storage.close());

  it('does it in the order of the calls', async () => {
    const [first, second] = [message('a'), message('a')];
    const other = message('b');
    const [, settled, , late] = await Promise.all([
      storage.track(first),
      settle('a'),
      storage.track(second),
      settle('b'),
      storage.track(other),
    ]);
    expect(settled.reports.map(({ messageUuid }) => messageUuid)).toEqual([first.messageUuid]);
    expect(late).toMatchObject({ reports: [], unmatched: expect.any(String) });
    const report = { messageUuid: second.messageUuid, timestamp: new Date() };
    const [again, enqueued] = await Promise.all([
      settle('a'),
      storage.enqueue({ ...report, status: ConversionStatus.NOT_CONVERTED }),
    ]);
    expect(again.reports.map(({ messageUuid }) => messageUuid)).toEqual([second.messageUuid]);
    expect(enqueued.recorded).toBe(false);
  });

  it('counts and reports each of several hundred once', async () => {
    const ids = Array.from({ length: 350 }, (_, index) => `v${index}`);
    await Promise.all(ids.map((id) => storage.track(message(id))));
    expect(await storage.counts()).toEqual({ open: 350, pending: 0, failed: 0 });
    const settlements = await Promise.all([...ids, ...ids].map(settle));
    expect(settlements.flatMap(({ reports }) => reports)).toHaveLength(350);
    expect(await storage.counts()).toEqual({ open: 0, pending: 350, failed: 0 });

    storage.deliver();
    await context.events.until('delivered', 350);
    await until(async () => (await storage.counts()).pending === 0);
    const now = context.clock.now();
    const buckets = await storage.insights({ from: now - 7_200_000, to: now + 7_200_000 });
    const sum = (name: 'sent' | 'converted' | 'pending') =>
      buckets.reduce((total, { counters }) => total + (counters[name] ?? 0), 0);
    expect([sum('sent'), sum('converted'), sum('pending')]).toEqual([350, 350, 0]);
  });

  it('lets one that can not be settled keep no other from it', async () => {
    const ids = ['well', 'broken', 'as well'];
    await Promise.all(ids.map((id) => storage.track(message(id))));
    const verifications = await client.keys(`${PREFIX}:${queueName}:books:v:*`);
    const uuids = await Promise.all(verifications.map((key) => client.get(key)));
    const broken = verifications[0];
    await client.del(broken);
    await client.hset(broken, 'not', 'ours');

    const outcomes = await Promise.allSettled(ids.map(settle));
    const reasons = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    expect(reasons).toEqual([expect.any(StorageError)]);
    expect(String(reasons[0])).toMatch(/WRONGTYPE/);
    storage.deliver();
    const delivered = await context.events.until('delivered', 2);
    expect(delivered.map(({ messageUuid }) => messageUuid).sort()).toEqual(uuids.slice(1).sort());
  });

  it('notes that reports are delivered before their jobs go', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `v${index}`);
    const messages = ids.map(message);
    await Promise.all(messages.map((one) => storage.track(one)));
    await Promise.all(ids.map(settle));
    const monitor = await client.monitor();
    const steps: Step[] = [];
    monitor.on('monitor', (_, args: string[]) => steps.push(args));
    storage.deliver();
    await context.events.until('delivered', 30);
    const place = (command: string, key: string) =>
      steps.findIndex((step) => step[0].toLowerCase() === command && step[1] === key);
    const queue = `${PREFIX}:${queueName}`;
    const gone = (uuid: string) => place('del', `${queue}:${uuid}-1`);
    await until(async () => messages.every(({ messageUuid }) => gone(messageUuid) >= 0));
    monitor.disconnect();
    for (const { messageUuid } of messages) {
      const noted = place('hdel', `${queue}:books:m:${messageUuid}`);
      expect(noted).toBeGreaterThanOrEqual(0);
      expect(noted).toBeLessThan(gone(messageUuid));
    }
  });
});
