import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { ConversionStatus } from '../../../lib/index.js';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { scripts } from '../../../lib/storage/bullmq/lua/scripts.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const QUEUE = '{bull}:conversion-reports';
const REJECTED: DeliveryAnswer = {
  kind: 'rejected',
  reason: { message: 'not found', status: 404 },
};
const NOT_NOW: DeliveryAnswer = { kind: 'not-now', reason: { message: 'no answer' } };
const delivery = { ...settings, backoff: { initial: 2, max: 2 } };

describe('a connection that breaks after Redis did what it was asked, and before it could say so', () => {
  let redis: Redis;
  let client: Client;
  let proxy: RedisProxy;
  let context: ReturnType<typeof storageHost>;
  let storage: BullMQConversionStorage;

  const record = async (): Promise<string> => {
    const messageUuid = newUuid();
    const status = ConversionStatus.CONVERTED;
    await storage.enqueue({ messageUuid, status, timestamp: new Date() });
    return messageUuid;
  };

  beforeEach(async () => {
    redis = await startRedis();
    client = new Client({ port: redis.port, host: '127.0.0.1' });
    proxy = await RedisProxy.start(redis.port);
    context = storageHost({ delivery });
    const connection = { host: '127.0.0.1', port: proxy.port };
    storage = new BullMQConversionStorage({ connection });
    await storage.open(context.host);
  });

  afterEach(async () => {
    await storage.close();
    client.disconnect();
    await proxy.stop();
    await redis.stop();
  });

  it('keeps a failed report for people, who can retry it', async () => {
    const failing = proxy.replyToScript(scripts.fail);
    context.provider.answers.push(REJECTED);
    storage.deliver();
    const messageUuid = await record();
    (await failing).lose();
    await context.events.until('failed');
    expect(await storage.failed(10)).toMatchObject([{ messageUuid, reason: { status: 404 } }]);
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 1 });
    expect(await storage.retryFailed(messageUuid)).toBe(1);
    await context.events.until('delivered');
  });

  it('counts a delivered report once', async () => {
    const noting = proxy.replyToScript(scripts.done);
    storage.deliver();
    await record();
    (await noting).lose();
    await context.events.until('delivered');
    await until(async () => (await client.llen(`${QUEUE}:active`)) === 0);
    expect(await client.hget(`${QUEUE}:books`, 'passed')).toBe('1');
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
    expect(context.provider.received).toHaveLength(1);
  });

  it('counts an attempt once', async () => {
    const putting = proxy.replyToScript(scripts.retry);
    context.provider.answers.push(NOT_NOW);
    storage.deliver();
    await record();
    (await putting).lose();
    expect(await context.events.until('delivered')).toMatchObject([{ attempts: 2 }]);
    expect(context.events.of('retrying')).toHaveLength(1);
  });

  it('counts a request once, and so holds no report for one that kills processes', async () => {
    const taking = proxy.replyToScript(scripts.take);
    const release = context.provider.hold();
    storage.deliver();
    const messageUuid = await record();
    (await taking).lose();
    await context.provider.until(1);
    expect(await client.hget(`${QUEUE}:books:m:${messageUuid}`, 'b')).toBe('1');
    release();
    await context.events.until('delivered');
  });
});
