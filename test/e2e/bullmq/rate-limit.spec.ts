import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { BullMQApp } from '../../support/bullmq-app.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const REPORTS = 60;
const LIMIT = { max: 20, duration: 2_000 };

describe('the rate limit of two processes on one Redis', () => {
  let redis: Redis;
  let sandbox: PlivoSandbox;
  let apps: BullMQApp[];

  beforeEach(async () => {
    redis = await startRedis();
    sandbox = await PlivoSandbox.start();
    const options = {
      authId: sandbox.authId,
      authToken: sandbox.authToken,
      baseUrl: sandbox.url,
      storage: { connection: { host: '127.0.0.1', port: redis.port } },
      delivery: { rateLimit: LIMIT },
    };
    apps = [new BullMQApp(options), new BullMQApp(options)];
    await Promise.all(apps.map((app) => app.up()));
  });

  afterEach(async () => {
    await Promise.all(apps.map((app) => app.kill()));
    await sandbox.stop();
    await redis.stop();
  });

  it('holds over both, also where a span begins with a lone report and ends with a burst', async () => {
    const arrived = (): number[] => sandbox.requests.map(({ receivedAt }) => receivedAt.getTime());
    apps[0].record(newUuid());
    await until(async () => arrived().length === 1);
    await until(async () => Date.now() > arrived()[0] + 0.9 * LIMIT.duration);
    for (let i = 1; i < REPORTS; i += 1) apps[i % 2].record(newUuid());
    await until(async () => sandbox.requests.length === REPORTS);
    const [, ...times] = arrived();

    // The whole takes at least as long as the limit says, less the first span's worth.
    const spans = times.length / LIMIT.max - 1;
    expect(times.at(-1)! - times[0]).toBeGreaterThanOrEqual(0.9 * spans * LIMIT.duration);
    // A request may be on its way for longer than the one before: half a span leaves that some room.
    const most = times.map(
      (from) => times.filter((at) => at >= from && at < from + LIMIT.duration / 2).length,
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(LIMIT.max);
    await Promise.all(apps.map((app) => app.happened('failed')));
  });
});
