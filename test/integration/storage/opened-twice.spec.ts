import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStorage,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from '../../../lib/index.js';
import { storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';

const storages: Record<string, (path: string) => ConversionStorage> = {
  'in memory': () => new MemoryConversionStorage(),
  'on lmdb': (path) => new LmdbConversionStorage({ path }),
};

describe.each(Object.entries(storages))('a storage %s', (_, make) => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let storage: ConversionStorage;

  beforeEach(async () => {
    folder = await tempFolder();
    storage = make(folder.path);
  });

  afterEach(async () => {
    await storage.close();
    await folder.remove();
  });

  const open = () => storage.open(storageHost().host);

  it('that two accounts open at once is the first one’s, and refused to the other', async () => {
    const [first, second] = await Promise.allSettled([open(), open()]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      status: 'rejected',
      reason: expect.any(InvalidOptionsError),
    });
    expect((second as PromiseRejectedResult).reason.message).toContain('`storage` is open already');
  });

  it('that was closed can be opened again', async () => {
    await open();
    await storage.close();
    await open();
    expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });
});

it('a storage that couldn’t be opened can be once what stood in the way is gone', async () => {
  const folder = await tempFolder();
  const storage = new LmdbConversionStorage({ path: folder.path });
  const { host } = storageHost();
  const other = new LmdbConversionStorage({ path: folder.path });
  await other.open({ ...host, account: 'eu' });
  await other.close();
  await expect(storage.open(host)).rejects.toThrow(InvalidOptionsError);
  await storage.open({ ...host, account: 'eu' });
  await storage.close();
  await folder.remove();
});

it('a store that two accounts of one process share is in use until both have closed it', async () => {
  const folder = await tempFolder();
  const marks = async () => (await readdir(folder.path)).filter((name) => /^in-use-/.test(name));
  const storages = [1, 2].map(() => new LmdbConversionStorage({ path: folder.path }));
  for (const storage of storages) await storage.open(storageHost().host);
  expect(await marks()).toHaveLength(2);
  await storages[1].close();
  expect(await marks()).toHaveLength(1);
  await storages[0].close();
  expect(await marks()).toEqual([]);
  await folder.remove();
});
