import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { ConversionStatus } from '../../../lib/index.js';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const PREFIX = '{lost}';
const NOT_NOW: DeliveryAnswer = { kind: 'not-now', reason: { message: 'no answer' } };
const REJECTED: DeliveryAnswer = {
  kind: 'rejected',
  reason: { message: 'not found', status: 404 },
};
/** One request at a time: a report that takes that place for good lets no other through. */
const delivery = { ...settings, concurrency: 1, backoff: { initial: 2, max: 2 } };

describe('a report whose job its worker has lost', () => {
  let redis: Redis;
  let client: Client;
  let proxy: RedisProxy;
  let context: ReturnType<typeof storageHost>;
  let queue: string;
  let queues = 0;
  const storages: BullMQConversionStorage[] = [];

  const open = async (port = redis.port, host = context.host): Promise<BullMQConversionStorage> => {
    const connection = { host: '127.0.0.1', port };
    const queueName = `lost-${queues}`;
    const storage = new BullMQConversionStorage({ connection, prefix: PREFIX, queueName });
    storages.push(storage);
    await storage.open(host);
    return storage;
  };

  const record = async (storage: BullMQConversionStorage): Promise<string> => {
    const messageUuid = newUuid();
    const status = ConversionStatus.CONVERTED;
    await storage.enqueue({ messageUuid, status, timestamp: new Date() });
    return messageUuid;
  };

  /** The job that a worker is at. */
  const active = async (): Promise<string> => (await client.lindex(`${queue}:active`, 0))!;

  /** What a Redis that is away for longer than a lock lasts does to a job. */
  const runsOut = (job: string): Promise<unknown> => client.del(`${queue}:${job}:lock`);

  /** The same, with the lease of its report; and the next worker that starts hands it out at once. */
  const isHandedOut = (job: string, messageUuid: string): Promise<unknown> =>
    Promise.all([
      runsOut(job),
      client.hdel(`${queue}:books:m:${messageUuid}`, 'l'),
      client.sadd(`${queue}:stalled`, job),
      client.del(`${queue}:stalled-check`),
    ]);

  beforeAll(async () => {
    redis = await startRedis();
    client = new Client({ port: redis.port, host: '127.0.0.1' });
    proxy = await RedisProxy.start(redis.port);
  }, 120_000);

  afterAll(async () => {
    client.disconnect();
    await proxy.stop();
    await redis.stop();
  });

  beforeEach(() => {
    queues += 1;
    queue = `${PREFIX}:lost-${queues}`;
    context = storageHost({ delivery });
  });

  afterEach(() => Promise.all(storages.splice(0).map((storage) => storage.close())));

  describe.each([
    { job: 'whose lock has run out', answer: NOT_NOW, lose: runsOut },
    {
      job: 'that another worker has',
      answer: NOT_NOW,
      lose: (job: string) => client.set(`${queue}:${job}:lock`, 'another'),
    },
    {
      job: 'that waits again',
      answer: NOT_NOW,
      lose: (job: string) => client.lrem(`${queue}:active`, 0, job),
    },
    {
      job: 'that is gone',
      answer: NOT_NOW,
      lose: (job: string) => client.del(`${queue}:${job}`),
    },
    {
      job: 'that is gone',
      answer: REJECTED,
      lose: (job: string) => client.del(`${queue}:${job}`),
    },
  ])('a job $job, answered $answer.kind', ({ answer, lose }) => {
    let storage: BullMQConversionStorage;
    let release: () => void;

    beforeEach(async () => {
      storage = await open();
      release = context.provider.hold();
      context.provider.answers.push(answer);
      storage.deliver();
      await record(storage);
      await context.provider.until(1);
      await lose(await active());
    });

    it('takes no place from others', async () => {
      release();
      const next = await record(storage);
      const [delivered] = await context.events.until('delivered');
      expect(delivered.messageUuid).toBe(next);
    });

    it('is not waited for when delivery stops', async () => {
      const stopped = storage.stopDelivering(600_000);
      release();
      await stopped;
    });
  });

  it('goes out again, by whoever has it', async () => {
    const storage = await open();
    const release = context.provider.hold();
    context.provider.answers.push(NOT_NOW);
    storage.deliver();
    const lost = await record(storage);
    await context.provider.until(1);
    await runsOut(await active());
    release();
    const [delivered] = await context.events.until('delivered', 1, 30_000);
    expect(delivered.messageUuid).toBe(lost);
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('is put off once, where Redis’ word that it is never came', async () => {
    const storage = await open(proxy.port);
    const release = context.provider.hold();
    context.provider.answers.push(NOT_NOW);
    storage.deliver();
    await record(storage);
    await context.provider.until(1);
    const job = `${queue}:${await active()}`;
    const moved = proxy.replyTo(`${queue}:delayed\r\n$${job.length}\r\n${job}\r\n`);
    release();
    (await moved).lose();
    await context.events.until('delivered');
    expect(context.provider.received).toHaveLength(2);
    await record(storage);
    await context.events.until('delivered', 2);
  });

  it('is not failed by one worker while another one has it', async () => {
    const first = await open();
    const release = context.provider.hold();
    context.provider.answers.push(REJECTED);
    first.deliver();
    const lost = await record(first);
    await context.provider.until(1);
    await isHandedOut(await active(), lost);

    const other = storageHost({ delivery });
    const releaseOther = other.provider.hold();
    other.provider.answers.push(NOT_NOW);
    const second = await open(redis.port, other.host);
    second.deliver();
    await other.provider.until(1);
    release();
    // The first worker has said what it has to say once it takes another job.
    const next = await record(first);
    await context.provider.until(2);
    releaseOther();
    await until(async () => (await first.counts()).pending === 0);
    await Promise.all([first, second].map((storage) => storage.stopDelivering(5_000)));
    const delivered = [...context.events.of('delivered'), ...other.events.of('delivered')];
    expect(delivered.map(({ messageUuid }) => messageUuid).sort()).toEqual([lost, next].sort());
    expect(context.events.of('failed')).toEqual([]);
  });
});
