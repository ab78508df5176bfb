import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { ConversionStatus } from '../../../lib/index.js';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';

const REJECTED: DeliveryAnswer = {
  kind: 'rejected',
  reason: { message: 'not found', status: 404 },
};
const QUEUE = '{bull}:conversion-reports';

describe('failed reports in Redis', () => {
  let redis: Redis;
  let client: Client;
  let context: ReturnType<typeof storageHost>;
  let storage: BullMQConversionStorage;

  /** Has so many reports fail. */
  const fail = async (count: number): Promise<string[]> => {
    const messages = Array.from({ length: count }, newUuid);
    context.provider.answers.push(...messages.map(() => REJECTED));
    const status = ConversionStatus.CONVERTED;
    const record = (messageUuid: string) =>
      storage.enqueue({ messageUuid, status, timestamp: new Date() });
    await Promise.all(messages.map(record));
    await context.events.until('failed', count, 30_000);
    return messages;
  };

  beforeEach(async () => {
    redis = await startRedis({ appendfsync: 'no' });
    client = new Client({ port: redis.port, host: '127.0.0.1' });
    context = storageHost({ delivery: { ...settings, concurrency: 100 } });
    storage = new BullMQConversionStorage({ connection: { host: '127.0.0.1', port: redis.port } });
    await storage.open(context.host);
    storage.deliver();
  });

  afterEach(async () => {
    await storage.close();
    client.disconnect();
    await redis.stop();
  });

  it('are all retried, however many they are', async () => {
    const messages = await fail(1_500);
    expect(await storage.retryFailed()).toBe(1_500);
    const delivered = await context.events.until('delivered', 1_500, 30_000);
    expect(new Set(delivered.map(({ messageUuid }) => messageUuid))).toEqual(new Set(messages));
    expect(await storage.failed(10)).toEqual([]);
  });

  it('are retried once by one call, though they fail again meanwhile', async () => {
    await fail(1_500);
    context.provider.answers.push(...Array.from({ length: 1_500 }, () => REJECTED));
    expect(await storage.retryFailed()).toBe(1_500);
    await context.events.until('failed', 3_000, 30_000);
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 1_500 });
  });

  it('are told and retried beside one that is removed at that moment', async () => {
    const messages = await fail(2);
    const [removed] = await client.zrange(`${QUEUE}:failed`, 0, 0);
    await client.del(`${QUEUE}:${removed}`);
    const kept = messages.filter((messageUuid) => !removed.startsWith(messageUuid));
    const told = await storage.failed(10);
    expect(told.map(({ messageUuid }) => messageUuid)).toEqual(kept);
    expect(await storage.retryFailed()).toBe(1);
    const [delivered] = await context.events.until('delivered');
    expect([delivered.messageUuid]).toEqual(kept);
  });
});
