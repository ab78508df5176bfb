import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accountIdOf } from '../../../lib/conversion-feedback.account.js';
import { LmdbConversionStorage } from '../../../lib/index.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';

describe('an app that ends in the middle of a write', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(() => folder.remove());

  it.each([
    ['by process.exit()', 'exit', ''],
    ['by an error that nobody catches', 'throw', 'a fault of the app'],
  ])('is gone within 5 s, %s, and holds nobody up', async (_, end, said) => {
    // A dot in a folder's name is nothing special.
    const path = join(folder.path, 'store.v1');
    const script = join(process.cwd(), 'test/support/processes/crasher.mjs');
    const app = fork(script, [path, end], { execArgv: [], silent: true });
    const errors = text(app.stderr!);
    const gone = once(app, 'exit');
    await once(app, 'message');
    app.send('end');
    const askedAt = performance.now();
    const [code, signal] = (await gone) as [number | null, string | null];
    expect(performance.now() - askedAt).toBeLessThan(5_000);
    expect(code !== 0 || signal !== null).toBe(true);
    expect(await errors).toContain(said);

    const storage = new LmdbConversionStorage({ path });
    const { host } = storageHost({ accountId: accountIdOf('MAXXXXXXXXXXXXXXXXXX') });
    await storage.open(host);
    const message = { verificationId: 'v', messageUuid: newUuid(), sentAt: new Date() };
    expect(await storage.track({ ...message, sentAtGiven: false })).toBe(true);
    await storage.close();
  });
});
