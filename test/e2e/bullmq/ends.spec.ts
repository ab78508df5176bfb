import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { BullMQApp } from '../../support/bullmq-app.js';
import { freePort } from '../../support/free-port.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

/** What `shutdownTimeout` is by default, and a second. */
const LONGEST_CLOSE = 6_000;

describe('the end of an app on BullMQ', () => {
  let redis: Redis | undefined;
  let sandbox: PlivoSandbox;
  let app: BullMQApp;

  const start = (port: number, options: object = {}): BullMQApp =>
    (app = new BullMQApp({
      authId: sandbox.authId,
      authToken: sandbox.authToken,
      baseUrl: sandbox.url,
      storage: { connection: { host: '127.0.0.1', port } },
      ...options,
    }));

  /** It closes in time, nothing keeps its process alive, and nothing but our own lines is written. */
  const endsInOrder = async (): Promise<void> => {
    expect(await app.close()).toBeLessThan(LONGEST_CLOSE);
    expect(await app.ended()).toBe(0);
    const foreign = app.errors
      .split('\n')
      .filter((line) => !/^$|\[ConversionFeedback\]/.test(line));
    expect(foreign).toEqual([]);
  };

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    await app.kill();
    await sandbox.stop();
    await redis?.stop();
    redis = undefined;
  });

  it.each([
    ['at rest', async () => {}],
    ['killed just now', () => redis!.kill()],
    [
      'killed, and known to be away',
      async () => {
        await redis!.kill();
        await until(async () => app.errors.includes('Redis is away'));
      },
    ],
    ['hanging since just now', async () => redis!.freeze()],
    [
      'hanging, and known to',
      async () => {
        redis!.freeze();
        await until(async () => app.errors.includes('Redis is away'));
      },
    ],
  ])('comes in time, and nothing is left, with its Redis %s', async (_, happens) => {
    redis = await startRedis();
    start(redis.port);
    await app.up();
    app.record(newUuid());
    await app.happened('failed');
    await happens();
    await endsInOrder();
  });

  it('comes in time with a request in flight and its Redis killed meanwhile', async () => {
    redis = await startRedis();
    sandbox.fail({ on: 'conversion', hang: true, times: Infinity });
    start(redis.port, { shutdownTimeout: 1_000, delivery: { timeout: 2_000 } });
    await app.up();
    app.record(newUuid());
    await until(async () => sandbox.requests.length > 0);
    await redis.kill();
    await endsInOrder();
  });

  it.each(['start', 'wait'])(
    'comes in time where there never was a Redis, `%s`',
    async (whenAway) => {
      const port = await freePort();
      start(port, { storage: { connection: { host: '127.0.0.1', port }, whenAway } });
      if (whenAway === 'start') {
        await app.up();
        await endsInOrder();
        return;
      }
      await until(async () => /the boot waits for it/.test(app.errors + app.output));
      app.process.kill('SIGTERM');
      expect(await app.ended()).toBe('SIGTERM');
    },
  );

  it('doesn’t come by itself: a process that only delivers waits for its Redis', async () => {
    const port = await freePort();
    start(port);
    await app.up();
    redis = await startRedis({ port });
    await until(async () => app.output.includes('The storage is open again'));
    expect(app.process.exitCode).toBeNull();
  });
});
