import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { ConversionStatus, LmdbConversionStorage } from '../../../lib/index.js';
import { LogLines } from '../../support/log-lines.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';

const { CONVERTED } = ConversionStatus;

describe('an lmdb store from before messages were counted', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let log: LogLines;
  let context: ReturnType<typeof storageHost>;
  let storage: LmdbConversionStorage;

  const reopen = async (): Promise<void> => {
    log = new LogLines();
    context = storageHost({ logger: log });
    storage = new LmdbConversionStorage({ path: folder.path });
    await storage.open(context.host);
  };

  const track = (verificationId: string) => {
    const sentAt = new Date(context.clock.now());
    const message = { verificationId, messageUuid: newUuid(), sentAt, sentAtGiven: false };
    return storage.track({ ...message, country: 'DE' });
  };

  const settle = (verificationId: string) =>
    storage.settle({ verificationId, status: CONVERTED, timestamp: new Date(context.clock.now()) });

  const counted = () => storage.insights({ from: 0, to: context.clock.now() });

  beforeEach(async () => {
    folder = await tempFolder();
    await reopen();
    await track('settled before');
    await track('open');
    await settle('settled before');
    await storage.close();
    const env = open({ path: folder.path, noSubdir: false, maxDbs: 12 });
    await env.openDB({ name: 'buckets' }).drop();
    await env.close();
  });

  afterEach(async () => {
    await storage.close();
    await folder.remove();
  });

  it.each(['in order', 'by a crash'])(
    'that was closed %s opens, and is counted in from now on',
    async (how) => {
      if (how === 'by a crash') await writeFile(join(folder.path, 'in-use-999999999-x'), '');
      await reopen();
      expect(log.lines).toEqual([]);
      expect(await counted()).toEqual([]);
      expect((await settle('open')).reports).toHaveLength(1);
      expect(await counted()).toEqual([]);
      await track('new');
      await settle('new');
      storage.deliver();
      await context.events.until('delivered', 3);
      expect(await counted()).toMatchObject([
        { country: 'DE', counters: { sent: 1, converted: 1 } },
      ]);
    },
  );
});
