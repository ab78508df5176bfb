import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionStatus, LmdbConversionStorage } from '../../../lib/index.js';
import { LogLines } from '../../support/log-lines.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe("the store's folder and files", () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let path: string;
  let storage: LmdbConversionStorage | undefined;
  let umask: number;

  beforeEach(async () => {
    folder = await tempFolder();
    path = join(folder.path, 'parent', 'store');
    // What a careless service runs with: nothing is taken from anybody.
    umask = process.umask(0);
  });

  afterEach(async () => {
    process.umask(umask);
    await storage?.close();
    storage = undefined;
    await folder.remove();
  });

  const open = async (): Promise<LmdbConversionStorage> => {
    storage = new LmdbConversionStorage({ path });
    await storage.open(storageHost().host);
    return storage;
  };

  const record = async (count: number): Promise<void> => {
    const status = ConversionStatus.CONVERTED;
    const reports = Array.from({ length: count }, () => ({
      messageUuid: newUuid(),
      status,
      timestamp: new Date(),
    }));
    await Promise.all(reports.map((report) => storage!.enqueue(report)));
  };

  const filesAreClosed = async (): Promise<void> => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    expect(entries.map(({ name }) => name)).toContain('data.mdb');
    for (const entry of entries) {
      const mode = await modeOf(join(entry.parentPath, entry.name));
      expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
  };

  it('are the owner’s alone, though the umask takes nothing away', async () => {
    await open();
    expect(await modeOf(path)).toBe(0o700);
    expect(await modeOf(join(path, '..'))).toBe(0o700);
    await filesAreClosed();
    await record(2_000);
    await filesAreClosed();
  });

  it('are the owner’s alone after another start, and after a file was moved aside', async () => {
    await open();
    await record(10);
    await storage!.close();
    await open();
    await filesAreClosed();
    await storage!.close();
    await writeFile(join(path, 'data.mdb'), 'a foreign file'.repeat(1_000));
    await open();
    expect((await readdir(path)).some((file) => file.includes('damaged'))).toBe(true);
    await filesAreClosed();
  });

  it('are the owner’s alone in a folder that was there before, whose mode stays as it was', async () => {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755);
    await open();
    await record(10);
    expect(await modeOf(path)).toBe(0o755);
    await filesAreClosed();
  });

  it('are warned of where others may write to the folder', async () => {
    const log = new LogLines();
    await mkdir(path, { recursive: true });
    await chmod(path, 0o775);
    storage = new LmdbConversionStorage({ path });
    await storage.open(storageHost({ logger: log }).host);
    expect(log.matching(/^warn The store's folder .* can be written by others/)).toHaveLength(1);
  });
});
