import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStatus,
  ConversionStorage,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from '../../../lib/index.js';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import { rejected } from '../../../lib/testing/answers.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';

const FAILED = 1_000;

const storages: Record<string, (path: string) => ConversionStorage> = {
  'in memory': () => new MemoryConversionStorage(),
  'on lmdb': (path) => new LmdbConversionStorage({ path }),
};

describe.each(Object.entries(storages))('many reports that failed %s', (_, make) => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let storage: ConversionStorage;
  let context: ReturnType<typeof storageHost>;

  const settled = () => until(async () => (await storage.counts()).pending === 0);

  beforeEach(async () => {
    folder = await tempFolder();
    context = storageHost({ delivery: { ...settings, concurrency: 200 } });
    storage = make(folder.path);
    await storage.open(context.host);
    context.provider.answers.push(...Array<DeliveryAnswer>(2 * FAILED).fill(rejected));
    const status = ConversionStatus.CONVERTED;
    const timestamp = new Date(context.clock.now());
    await Promise.all(
      Array.from({ length: FAILED }, () =>
        storage.enqueue({ messageUuid: newUuid(), status, timestamp }),
      ),
    );
    storage.deliver();
    await settled();
    expect(await storage.counts()).toMatchObject({ failed: FAILED });
  });

  afterEach(async () => {
    await storage.close();
    await folder.remove();
  });

  it('are retried in portions: others have their turn in between', async () => {
    await storage.stopDelivering(1_000);
    let isOver = false;
    const retrying = storage.retryFailed().finally(() => (isOver = true));
    const seen = [FAILED];
    while (!isOver) {
      await immediate();
      seen.push((await storage.counts()).failed);
    }
    expect(await retrying).toBe(FAILED);
    expect(seen.at(-1)).toBe(0);
    const steps = seen.slice(1).map((left, i) => seen[i] - left);
    expect(Math.max(...steps)).toBeLessThan(FAILED / 2);
  });

  it('are retried once by one call, though they fail again meanwhile', async () => {
    expect(await storage.retryFailed()).toBe(FAILED);
    await settled();
    expect(context.provider.received).toHaveLength(2 * FAILED);
    expect(await storage.counts()).toMatchObject({ failed: FAILED });
  });
});
