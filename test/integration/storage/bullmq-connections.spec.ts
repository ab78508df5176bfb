import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis as Connection } from 'ioredis';
import { systemClock } from '../../../lib/delivery/clock.js';
import { Connections } from '../../../lib/storage/bullmq/connections.js';
import { Redis, startRedis } from '../../support/redis.js';

describe('the connections of a storage that was closed', () => {
  let redis: Redis;
  let connections: Connections;
  let ofBullMQ: Connection;

  beforeEach(async () => {
    redis = await startRedis();
    const logger = { error: () => {}, warn: () => {}, log: () => {} };
    const host = { logger, clock: systemClock, closing: new AbortController().signal };
    const given = { host: '127.0.0.1', port: redis.port };
    ({ connections } = await Connections.open(given, host));
    ({ redis: ofBullMQ } = await connections.forBullMQ());
    await ofBullMQ.connect();
  });

  afterEach(async () => {
    connections.close();
    await redis.stop();
  });

  const ended = async (): Promise<void> => {
    if (ofBullMQ.status !== 'end') await once(ofBullMQ, 'end');
  };

  it.each([
    ['answers', async () => {}],
    ['hangs', async () => redis.freeze()],
    ['is gone', () => redis.kill()],
  ])('end again where BullMQ connects them once more and Redis %s', async (_, happens) => {
    connections.close();
    await ended();
    await happens();
    await expect(ofBullMQ.connect()).rejects.toThrow('Connection is closed');
    await ended();
  });

  it('end where they are to be tried again, and with them what waits', async () => {
    const tried = new Promise((resolve) => ofBullMQ.once('reconnecting', resolve));
    await redis.kill();
    await tried;
    const waiting = ofBullMQ.get('anything');
    connections.close();
    await expect(waiting).rejects.toThrow();
    await ended();
  });
});
