import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster } from 'ioredis';
import { ConversionStatus } from '../../../lib/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { freePort } from '../../support/free-port.js';
import { RedisCluster, startRedisCluster } from '../../support/redis-cluster.js';
import { newUuid, storageHost } from '../../support/storage-host.js';

const { CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

describe('BullMQConversionStorage on a Redis cluster', () => {
  let redis: RedisCluster;
  let given: Cluster;
  let storage: BullMQConversionStorage;
  let context: ReturnType<typeof storageHost>;

  beforeAll(async () => {
    redis = await startRedisCluster();
  }, 120_000);

  afterAll(() => redis.stop());

  beforeEach(async () => {
    context = storageHost();
    given = new Cluster(redis.nodes, { lazyConnect: true });
    await given.connect();
    storage = new BullMQConversionStorage({ connection: given });
    await storage.open(context.host);
  });

  afterEach(async () => {
    await storage.close();
    given.disconnect();
  });

  it('tracks, settles and delivers', async () => {
    const [older, newer] = [newUuid(), newUuid()];
    for (const messageUuid of [older, newer]) {
      const sentAt = new Date(context.clock.now());
      await storage.track({ verificationId: 'v', messageUuid, sentAt, sentAtGiven: false });
    }
    await storage.settle({ verificationId: 'v', status: CONVERTED, timestamp: new Date() });
    storage.deliver();
    await context.events.until('delivered', 2);
    const reported = context.provider.received.map(({ messageUuid, status }) => [
      messageUuid,
      status,
    ]);
    expect(Object.fromEntries(reported)).toEqual({
      [older]: CONVERTED_WITH_OTHERS,
      [newer]: CONVERTED,
    });
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('keeps a failed report, and delivers it when told to', async () => {
    context.provider.answers.push({
      kind: 'rejected',
      reason: { status: 404, message: 'not found' },
    });
    const messageUuid = newUuid();
    storage.deliver();
    await storage.enqueue({ messageUuid, status: CONVERTED, timestamp: new Date() });
    await context.events.until('failed');
    expect(await storage.failed(10)).toMatchObject([{ messageUuid, reason: { status: 404 } }]);
    expect(await storage.retryFailed(messageUuid)).toBe(1);
    await context.events.until('delivered');
  });

  it('neither uses nor closes the cluster that the app gave', async () => {
    storage.deliver();
    await storage.enqueue({ messageUuid: newUuid(), status: CONVERTED, timestamp: new Date() });
    await context.events.until('delivered');
    await storage.close();
    expect(await given.set('mine', '1')).toBe('OK');
  });

  it('is said to be away where no node answers', async () => {
    const connection = new Cluster([{ host: '127.0.0.1', port: await freePort() }], {
      lazyConnect: true,
    });
    await storage.close();
    storage = new BullMQConversionStorage({ connection });
    await expect(storage.open(storageHost().host)).rejects.toThrow(
      /^Redis can't be reached at the cluster \(.+\)$/,
    );
  });
});
