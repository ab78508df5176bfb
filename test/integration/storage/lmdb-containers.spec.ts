import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertContainers, contained, killContained } from '../../support/container.js';
import { newUuid } from '../../support/storage-host.js';
import { StoreProcess } from '../../support/store-process.js';
import { tempFolder } from '../../support/temp-folder.js';

const refused =
  /a process of another container has it open and has the same pid, 1\. Give these containers one pid namespace/;

describe('an lmdb store on a volume of several containers', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let processes: StoreProcess[];
  let openers: ChildProcess[];

  const start = async (options = { contained: true }): Promise<StoreProcess> => {
    const started = await StoreProcess.start(folder.path, options);
    processes.push(started);
    return started;
  };

  /** Has a container open the store, and keep it; resolves with why it couldn't. */
  const open = async (): Promise<string | undefined> => {
    const script = join(process.cwd(), 'test/support/processes/opener.mjs');
    const opener = fork(script, [folder.path, 'stay'], contained);
    openers.push(opener);
    const [{ rejected }] = (await once(opener, 'message')) as [{ rejected?: string }];
    return rejected;
  };

  const marks = async (): Promise<string[]> =>
    (await readdir(folder.path)).filter((name) => name.startsWith('in-use-'));

  beforeAll(assertContainers);

  beforeEach(async () => {
    folder = await tempFolder();
    processes = [];
    openers = [];
  });

  afterEach(async () => {
    await Promise.all([...processes.map((each) => each.kill()), ...openers.map(killContained)]);
    await folder.remove();
  });

  it('is refused at once to a process that has the pid of one that has it open', async () => {
    const first = await start();
    await first.do('record', newUuid());
    const before = await marks();
    expect(before).toHaveLength(1);
    expect(await open()).toMatch(refused);
    expect(await marks()).toEqual(before);
    await first.do('record', newUuid());
    expect(await first.do('sent')).toBe(2);
  });

  it('is opened by one of two processes with one pid that start at once', async () => {
    const told = await Promise.all([open(), open()]);
    expect(told.filter((each) => each === undefined)).toHaveLength(1);
    expect(told.find((each) => each !== undefined)).toMatch(refused);
  });

  it('is shared by processes of different pids, and none takes the mark of another for an old one', async () => {
    const all = [
      await start({ contained: false }),
      await start(),
      await start({ contained: false }),
    ];
    expect(await marks()).toHaveLength(all.length);
    for (const each of all) await each.do('record', newUuid());
    expect(await all[0].do('sent')).toBe(all.length);
  });

  it('is opened again, with all that was recorded, by a container that was killed', async () => {
    const killed = await start();
    await killed.do('record', newUuid());
    await killed.kill();
    const next = await start();
    await next.do('record', newUuid());
    expect(await next.do('sent')).toBe(2);
    expect(await marks()).toHaveLength(1);
  });
});
