import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUse } from '../../../lib/storage/lmdb/store-use.js';
import { tempFolder } from '../../support/temp-folder.js';

const { pid } = process;

describe('the mark that a process puts into the folder of the store that it opens', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(() => folder.remove());

  /** As a process of another container leaves it, or has it there while it lives. */
  const mark = async (stage: string, id: number): Promise<string> => {
    const name = `${stage}-${id}-another-1-x`;
    await writeFile(join(folder.path, name), '');
    return name;
  };

  const marks = () => readdir(folder.path);

  it('is there from before the opening to the end', async () => {
    const use = new StoreUse(folder.path);
    expect(use.wasMarked).toBe(false);
    use.begin();
    expect(await marks()).toEqual([expect.stringMatching(`^opening-${pid}-`)]);
    use.open();
    expect(await marks()).toEqual([expect.stringMatching(`^in-use-${pid}-`)]);
    expect(new StoreUse(folder.path).wasMarked).toBe(true);
    use.end();
    expect(await marks()).toEqual([]);
  });

  it('stays once where the store is sick, and goes when it was checked', async () => {
    for (let openings = 0; openings < 3; openings += 1) {
      const use = new StoreUse(folder.path);
      use.begin(new Set());
      use.doubt();
      expect(await marks()).toEqual([expect.stringMatching(`^sick-${pid}-`)]);
    }
  });

  it('goes with the next check where its process is gone, and stays where it is not', async () => {
    const [gone, alive] = [await mark('in-use', 7), await mark('in-use', 8)];
    const use = new StoreUse(folder.path);
    const crashed = await mark('opening', 9);
    use.begin(new Set([8]));
    expect(await marks()).not.toContain(gone);
    // The second crashed after the check: it is for the next one.
    expect(await marks()).toEqual(expect.arrayContaining([alive, crashed]));
  });

  it('is kept where it cannot be known whether its process is gone', async () => {
    const name = await mark('in-use', 7);
    new StoreUse(folder.path).begin();
    expect(await marks()).toContain(name);
  });

  it('is refused where the check has met another process with the same pid', async () => {
    const name = await mark('in-use', pid);
    const use = new StoreUse(folder.path);
    expect(() => use.begin(new Set([pid]))).toThrow(/has the same pid/);
    expect(await marks()).toEqual([name]);
  });

  it('is refused where another process with the same pid came in after the check', async () => {
    const use = new StoreUse(folder.path);
    use.begin();
    await mark('opening', pid);
    const name = await mark('in-use', pid);
    expect(() => use.open()).toThrow(/has the same pid/);
    use.end();
    expect(await marks()).toContain(name);
  });

  it('lets in who is about to open it, where another one with its pid is not further', async () => {
    const use = new StoreUse(folder.path);
    use.begin();
    await mark('opening', pid);
    use.open();
    expect(await marks()).toEqual(
      expect.arrayContaining([expect.stringMatching(`^in-use-${pid}-(?!another)`)]),
    );
  });

  it('is no stranger’s where this process has the store open already', async () => {
    const first = new StoreUse(folder.path);
    first.begin();
    first.open();
    const second = new StoreUse(folder.path);
    second.begin(new Set([pid]));
    second.open();
    expect(await marks()).toHaveLength(2);
  });
});
