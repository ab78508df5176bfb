import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { Line } from '../../../lib/delivery/line.js';
import { ConversionStatus } from '../../../lib/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { reportOf } from '../../../lib/storage/bullmq/job-id.js';
import { scripts } from '../../../lib/storage/bullmq/lua/scripts.js';
import { RedisBooks } from '../../../lib/storage/bullmq/redis-books.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const QUEUE = '{bull}:conversion-reports';
const SECOND = 1_000;

describe('a worker that learns late from Redis that it may send a report', () => {
  let redis: Redis;
  let client: Client;
  let proxy: RedisProxy;
  const storages: BullMQConversionStorage[] = [];

  const open = async (
    port: number,
    { host }: ReturnType<typeof storageHost>,
  ): Promise<BullMQConversionStorage> => {
    const storage = new BullMQConversionStorage({ connection: { host: '127.0.0.1', port } });
    storages.push(storage);
    await storage.open(host);
    return storage;
  };

  beforeEach(async () => {
    redis = await startRedis();
    client = new Client({ port: redis.port, host: '127.0.0.1' });
    proxy = await RedisProxy.start(redis.port);
  });

  afterEach(async () => {
    await Promise.all(storages.splice(0).map((storage) => storage.close()));
    client.disconnect();
    await proxy.stop();
    await redis.stop();
  });

  it('sends none while another one has a newer report of the message in flight', async () => {
    // One request at a time: the late worker asks for no other job meanwhile.
    const delivery = { ...settings, timeout: 100, concurrency: 1 };
    const context = storageHost({ delivery });
    const late = await open(proxy.port, context);
    const prompt = await open(
      redis.port,
      storageHost({ delivery, deliver: context.provider.deliver }),
    );
    const messageUuid = newUuid();
    const record = (status: ConversionStatus) =>
      prompt.enqueue({ messageUuid, status, timestamp: new Date() });
    const taken = proxy.replyToScript(scripts.take);
    late.deliver();
    await record(ConversionStatus.NOT_CONVERTED);
    const reply = await taken;

    const release = context.provider.hold();
    prompt.deliver();
    await record(ConversionStatus.CONVERTED);
    await context.provider.until(1);
    reply.pass();
    // The late worker is done with its report, or sends it.
    await until(async () => {
      const jobs = await client.llen(`${QUEUE}:active`);
      return jobs === 1 || context.provider.received.length > 1;
    });
    release();
    await until(async () => (await prompt.counts()).pending === 0);
    expect(context.provider.mostInFlightOfOneMessage).toBe(1);
    expect(context.provider.received).toMatchObject([{ status: ConversionStatus.CONVERTED }]);
  });

  it('takes it for longer, and sends it all the same where Redis stays as slow', async () => {
    const context = storageHost();
    const storage = await open(proxy.port, context);
    let taken = proxy.replyToScript(scripts.take);
    storage.deliver();
    const report = { messageUuid: newUuid(), status: ConversionStatus.CONVERTED };
    await storage.enqueue({ ...report, timestamp: new Date() });
    const first = await taken;
    context.clock.shift(2 * SECOND);
    taken = proxy.replyToScript(scripts.take);
    first.pass();
    const second = await taken;
    expect(context.provider.received).toEqual([]);
    context.clock.shift(2 * SECOND);
    second.pass();
    expect(await context.events.until('delivered')).toMatchObject([report]);
    expect(context.events.of('failed')).toEqual([]);
  });

  it('gives it back where the line is blocked by then: it seems neither in flight nor deadly', async () => {
    const { host, clock } = storageHost();
    const books = new RedisBooks(client, '{given-back}', host, () => {});
    const verificationId = 'v';
    const message = { verificationId, messageUuid: newUuid(), sentAtGiven: false };
    await books.track({ ...message, sentAt: new Date(clock.now()) });
    const outcome = { verificationId, status: ConversionStatus.CONVERTED };
    const settled = await books.settle({ ...outcome, timestamp: new Date(clock.now()) });
    const [report] = settled.reports;
    const ref = reportOf(settled.entries[0].jobId)!;
    const how = { probe: false, alone: false, retried: false, report };
    expect(await books.take(ref, { ...how, lease: 'late' })).toMatchObject({ kind: 'go' });

    const slowed = new Line();
    const tooMany = { kind: 'not-now', slow: true, reason: { message: '429' } } as const;
    slowed.answered(tooMany, 'another', false, clock.now());
    await books.moveLine('', JSON.stringify(slowed.state), slowed.state);
    expect(await books.take(ref, { ...how, lease: 'late' })).toMatchObject({ kind: 'blocked' });
    await books.moveLine(JSON.stringify(slowed.state), '', new Line().state);
    expect(await books.take(ref, { ...how, lease: 'another' })).toMatchObject({
      kind: 'go',
      begun: 0,
    });
  });
});
