import { ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  open as openFile,
  readFile,
  readdir,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import {
  ConversionStatus,
  ConversionStorageHost,
  LmdbConversionStorage,
} from '../../../lib/index.js';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import { rejected } from '../../../lib/testing/answers.js';
import { childrenOf } from '../../support/container.js';
import { LogLines } from '../../support/log-lines.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { StoreProcess } from '../../support/store-process.js';
import { until } from '../../support/until.js';
import { tempFolder } from '../../support/temp-folder.js';

const PAGE = 4_096;
/** Where LMDB's lock file says of which version it is. */
const FORMAT_OF_LOCK = 4;

const damages: Record<string, (file: string) => Promise<void>> = {
  'is cut in half': async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
  'ends within its first page': (file) => truncate(file, 100),
  'holds a text': (file) => writeFile(file, 'no store at all\n'.repeat(10_000)),
  'holds noise': (file) => writeFile(file, randomBytes(300_000)),
  'holds zeros behind its first pages': (file) => overwrite(file, 2, () => Buffer.alloc(PAGE)),
  'holds noise behind its first pages': (file) => overwrite(file, 2, () => randomBytes(PAGE)),
};

/** Overwrites all pages of a file from one on. */
async function overwrite(path: string, from: number, page: () => Buffer): Promise<void> {
  const file = await openFile(path, 'r+');
  const pages = Math.floor((await file.stat()).size / PAGE);
  for (let i = from; i < pages; i += 1) await file.write(page(), 0, PAGE, i * PAGE);
  await file.close();
}

describe('an lmdb store whose file is damaged', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let log: LogLines;
  let context: ReturnType<typeof storageHost>;
  let storage: LmdbConversionStorage;
  let other: ChildProcess | undefined;

  const reopen = async (more: Partial<ConversionStorageHost> = {}): Promise<void> => {
    log = new LogLines();
    context = storageHost({ logger: log, ...more });
    storage = new LmdbConversionStorage({ path: folder.path });
    await storage.open(context.host);
  };

  const record = async (): Promise<string> => {
    const messageUuid = newUuid();
    const verificationId = `of ${messageUuid}`;
    const now = new Date(context.clock.now());
    await storage.track({ verificationId, messageUuid, sentAt: now, sentAtGiven: false });
    await storage.settle({ verificationId, status: ConversionStatus.CONVERTED, timestamp: now });
    return messageUuid;
  };

  beforeEach(async () => {
    folder = await tempFolder();
    await reopen();
    for (let i = 0; i < 50; i += 1) await record();
    await storage.close();
  });

  afterEach(async () => {
    if (other) await killed(other);
    other = undefined;
    await storage.close();
    await folder.remove();
  });

  it.each(Object.entries(damages))(
    'since it %s is moved aside with a loud log, and a new one is begun',
    async (_, damage) => {
      await leaveOpen();
      await damage(join(folder.path, 'data.mdb'));

      await reopen();
      expect(log.matching(/^error The store is damaged .*, and a new one is begun$/)).toHaveLength(
        1,
      );
      const [aside] = (await readdir(folder.path)).filter((name) => name.includes('damaged'));
      expect(aside).toMatch(/^data\.mdb\.damaged-\d{4}-\d\d-\d\dT/);
      const message = await record();
      storage.deliver();
      await context.events.until('delivered');
      expect(context.provider.received).toMatchObject([{ messageUuid: message }]);
    },
  );

  it('though it was closed in order is refused at first, and moved aside the next time', async () => {
    await overwrite(join(folder.path, 'data.mdb'), 2, () => Buffer.alloc(PAGE));
    await expect(reopen()).rejects.toThrow(/The store in .* can't be opened: .*MDB_/);
    const marks = async () =>
      (await readdir(folder.path)).filter((name) => /^[a-z-]+-\d/.test(name));
    expect(await marks()).toEqual([expect.stringMatching(/^sick-/)]);
    await reopen();
    expect(log.matching(/^error The store is damaged/)).toHaveLength(1);
    expect(await marks()).toEqual([expect.stringMatching(/^in-use-/)]);
  });

  it('is none that a process with another version of LMDB has open: it’s refused until that ends', async () => {
    const process = await StoreProcess.start(folder.path);
    const locks = await Promise.all(
      ['lock.mdb', 'gate/lock.mdb'].map((name) => openFile(join(folder.path, name), 'r+')),
    );
    for (const lock of locks) await lock.write(Buffer.from('9999'), 0, 4, FORMAT_OF_LOCK);
    await expect(reopen()).rejects.toThrow(/The store can't be opened: .*another version of LMDB/);
    await process.kill();
    for (const lock of locks) await lock.close();
    await reopen();
    expect(log.lines).toEqual([]);
    expect(await storage.counts()).toMatchObject({ pending: 50 });
  });

  it.each(['lies whole', 'was left open by a process that was killed'])(
    'that %s is opened as it is',
    async (which) => {
      if (which !== 'lies whole') await leaveOpen();
      await reopen();
      expect(await storage.counts()).toMatchObject({ pending: 50 });
      expect(log.lines).toEqual([]);
    },
  );

  it.each(Object.entries(damages))(
    'keeps all that was recorded where its gate, not its file, %s',
    async (_, damage) => {
      await leaveOpen();
      const lock = join(folder.path, 'gate', 'lock.mdb');
      const { ino } = await stat(lock);
      await damage(join(folder.path, 'gate', 'data.mdb'));
      await reopen();
      expect(await storage.counts()).toMatchObject({ pending: 50 });
      // Others may hold it.
      expect(await stat(lock)).toMatchObject({ ino });
      expect(log.lines).toEqual([]);
      await record();
      expect(await storage.counts()).toMatchObject({ pending: 51 });
    },
  );

  it.each(['ABRT', 'ILL', 'SEGV'])(
    'is not what a check has found that SIG%s ended before it read anything',
    async (signal) => {
      await leaveOpen();
      const { execPath } = process;
      process.execPath = join(folder.path, 'node');
      await writeFile(process.execPath, `#!/bin/sh\nkill -${signal} $$\n`, { mode: 0o700 });
      const gate = join(folder.path, 'gate');
      const { ino } = await stat(gate);
      await expect(reopen())
        .rejects.toThrow(/the process that checks it first doesn't start/)
        .finally(() => (process.execPath = execPath));
      expect(await stat(gate)).toMatchObject({ ino });

      await reopen();
      expect(await storage.counts()).toMatchObject({ pending: 50 });
      expect(log.lines).toEqual([]);
    },
  );

  it.each([
    ['has begun a new one', true],
    ['is about to begin a new one', false],
  ])(
    'is moved aside by one process alone: a slower one sees that a quicker one %s',
    async (_, begins) => {
      await leaveOpen();
      await damages['holds a text'](join(folder.path, 'data.mdb'));
      const script = join(process.cwd(), 'test/support/processes/opener.mjs');
      const slower = (other = fork(script, [folder.path, 'stay'], { execArgv: [] }));
      const told = once(slower, 'message');
      // Stopped while its check runs, it hears of the damage once the file isn't there any more.
      const check = await firstChildOf(slower.pid!);
      slower.kill('SIGSTOP');
      await ended(check);
      if (begins) {
        await reopen();
        await record();
      } else {
        await rename(join(folder.path, 'data.mdb'), join(folder.path, 'data.mdb.damaged-first'));
      }
      slower.kill('SIGCONT');
      expect((await told)[0]).not.toHaveProperty('rejected');
      if (!begins) await reopen();
      await record();
      expect(await storage.counts()).toMatchObject({ pending: begins ? 2 : 1 });
      const aside = (await readdir(folder.path)).filter((name) => name.includes('damaged'));
      expect(aside).toHaveLength(1);
    },
  );

  it('in one message sets its report aside, and delivers the others', async () => {
    await tamper('messages', 7, Buffer.from([0xc1, 0xff]));
    await reopen();
    storage.deliver();
    await context.events.until('delivered', 49);
    await until(async () => (await storage.counts()).pending === 0);
    expect(
      log.matching(/A stored report can't be read and is set aside: message number 7/),
    ).toHaveLength(1);
  });

  it('in what stands of a report’s way delivers it all the same', async () => {
    const env = open({ path: folder.path, maxDbs: 12 });
    const messages = env.openDB<unknown[], number>({ name: 'messages', encoding: 'msgpack' });
    const [uuid, verification, sentAt, country, status, statusAt] = messages.get(7)!;
    await messages.put(7, [uuid, verification, sentAt, country, status, statusAt, 'damaged']);
    await env.close();
    await reopen();
    storage.deliver();
    await context.events.until('delivered', 50);
    await until(async () => (await storage.counts()).pending === 0);
    expect(context.events.of('failed')).toEqual([]);
    expect(log.matching(/^error A record can't be read in table messages/)).toHaveLength(1);
  });

  it('in the message of a failed report drops it at the retry, and delivers the others', async () => {
    await reopen();
    context.provider.answers.push(...Array<DeliveryAnswer>(50).fill(rejected));
    storage.deliver();
    await context.events.until('failed', 50);
    await storage.close();
    await tamper('messages', 7, Buffer.from([0xc1, 0xff]));

    await reopen();
    expect(await storage.counts()).toMatchObject({ failed: 50 });
    expect(await storage.retryFailed(undefined)).toBe(49);
    storage.deliver();
    await context.events.until('delivered', 49);
    await until(async () => (await storage.counts()).pending === 0);
    expect(await storage.counts()).toMatchObject({ failed: 0 });
    expect(await storage.retryFailed(undefined)).toBe(0);
  });

  it('is noticed when it is deleted under a running app: nothing more is written to it', async () => {
    await reopen({ lost: (why) => lost.push(why.message) });
    const lost: string[] = [];
    await folder.remove();
    await expect(record()).rejects.toThrow(/The file of the store in .* is gone/);
    expect(lost).toHaveLength(1);
    await storage.close();
    await reopen();
    await record();
    expect(await storage.counts()).toMatchObject({ pending: 1 });
  });

  /** As a process leaves it that is killed. */
  const leaveOpen = () => writeFile(join(folder.path, 'in-use-999999999-x'), '');

  async function tamper(table: string, key: number, bytes: Buffer): Promise<void> {
    const env = open({ path: folder.path, maxDbs: 12 });
    await env.openDB({ name: table, encoding: 'binary' }).put(key, bytes);
    await env.close();
  }
});

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Resolves with the id of the first process that a process starts. */
async function firstChildOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = await childrenOf(pid);
    if (child !== undefined) return child;
  }
}

/** Resolves once a process has ended, though its parent may not know it yet. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ' Z ');
    if (/ Z /.test(state)) return;
  }
}
