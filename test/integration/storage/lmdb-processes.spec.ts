import { ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionStatus, LmdbConversionStorage } from '../../../lib/index.js';
import { tableNames } from '../../../lib/storage/lmdb/lmdb-tables.js';
import { openOptions } from '../../../lib/storage/lmdb/open-options.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { StoreProcess } from '../../support/store-process.js';
import { tempFolder } from '../../support/temp-folder.js';

/** What opener.mjs says. */
interface Opening {
  readonly rejected: string;
  /** How often a timer of 10 ms fired meanwhile. */
  readonly turns: number;
}

describe('an lmdb store', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let processes: StoreProcess[];

  const start = async (
    options?: Parameters<typeof StoreProcess.start>[1],
  ): Promise<StoreProcess> => {
    const started = await StoreProcess.start(folder.path, options);
    processes.push(started);
    return started;
  };

  beforeEach(async () => {
    folder = await tempFolder();
    processes = [];
  });

  afterEach(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    await folder.remove();
  });

  it('has all that was recorded after its process was killed', async () => {
    const messages = Array.from({ length: 50 }, newUuid);
    const killed = await start();
    for (const message of messages) await killed.do('record', message);
    await killed.kill();

    const next = await start();
    await next.do('deliver');
    await next.untilDelivered(messages.length);
    expect([...next.delivered].sort()).toEqual(messages.sort());
  });

  it('counts the messages of all its processes, and those of one that was killed', async () => {
    const all = [await start(), await start(), await start()];
    const recording = all.map(async (each) => {
      for (let i = 0; i < 50; i += 1) await each.do('record', newUuid());
    });
    await Promise.all(recording);
    await all[0].kill();
    expect(await all[1].do('sent')).toBe(150);
    expect(await all[2].do('sent')).toBe(150);
  });

  it('is delivered by one process at a time; another takes over within 5 s when that one is killed', async () => {
    const [first, second] = [await start(), await start()];
    await first.do('deliver');
    const alone = newUuid();
    await first.do('record', alone);
    await first.untilDelivered(1);
    await second.do('deliver');
    const before = Array.from({ length: 20 }, newUuid);
    for (const [i, message] of before.entries()) await [first, second][i % 2].do('record', message);
    await second.do('flush');
    expect([...first.delivered].sort()).toEqual([alone, ...before].sort());
    expect(second.delivered).toEqual([]);

    await first.kill();
    const killedAt = Date.now();
    const after = newUuid();
    await second.do('record', after);
    await second.untilDelivered(1);
    expect(Date.now() - killedAt).toBeLessThan(5_000);
    expect(second.delivered).toEqual([after]);
  });

  it('is handed over by a process that ends in order', async () => {
    const [first, second] = [await start(), await start()];
    await first.do('deliver');
    await first.do('record', newUuid());
    await first.untilDelivered(1);
    await second.do('deliver');
    await first.do('close');
    await second.do('record', newUuid());
    await second.untilDelivered(1);
  });

  it('never blocks the event loop while another process sits on its write lock', async () => {
    const { host } = storageHost();
    const storage = new LmdbConversionStorage({ path: folder.path });
    await storage.open(host);
    const messageUuid = newUuid();
    await storage.track({
      verificationId: 'v',
      messageUuid,
      sentAt: new Date(),
      sentAtGiven: false,
    });

    const holder = await stoppedLockHolder(folder.path);
    let recorded = false;
    const settling = storage
      .settle({ verificationId: 'v', status: ConversionStatus.CONVERTED, timestamp: new Date() })
      .then((settlement) => {
        recorded = true;
        return settlement;
      });
    const turns = await turnsOfTheLoop(500);
    expect(recorded).toBe(false);
    expect(turns).toBeGreaterThan(10);

    const ended = once(holder, 'exit');
    holder.kill('SIGCONT');
    expect((await settling).reports).toMatchObject([{ messageUuid }]);
    await ended;
    await storage.close();
  });

  it('keeps to the rate limit over a process that is killed and the one that takes over', async () => {
    // The limit lasts longer than the takeover: a successor that knew nothing of it would break it.
    const rateLimit = { max: 5, duration: 10_000 };
    const [first, second] = [await start({ rateLimit }), await start({ rateLimit })];
    // More than the first delivers before it is killed, however slow the machine.
    for (let i = 0; i < 30; i += 1) await second.do('record', newUuid());
    await first.do('deliver');
    await first.untilDelivered(1);
    await second.do('deliver');
    await first.untilDelivered(rateLimit.max);
    await first.kill();
    await second.untilDelivered(3);
    const at = [...first.deliveredAt, ...second.deliveredAt];
    for (let i = rateLimit.max; i < at.length; i += 1)
      expect(at[i] - at[i - rateLimit.max]).toBeGreaterThanOrEqual(rateLimit.duration);
  });

  it('sets a report aside on which the process died three times, and delivers the others', async () => {
    const deadly = newUuid();
    const others = Array.from({ length: 5 }, newUuid);
    const recorder = await start();
    for (const message of [deadly, ...others]) await recorder.do('record', message);
    await recorder.do('close');

    let lives = 0;
    for (; lives < 10; lives += 1) {
      const deliverer = await start({ deadly });
      // Both are asked for before it can have died.
      await Promise.allSettled([deliverer.do('deliver'), deliverer.do('flush')]);
      if (!deliverer.hasEnded) break;
    }
    // Nobody was careful in the first life: the process before it had ended in order.
    expect(lives).toBe(4);
    const last = processes.at(-1)!;
    expect(await last.do('failed')).toEqual([
      [deadly, 'the process ended 3 times while it delivered this report'],
    ]);
    const delivered = new Set(processes.flatMap((each) => each.delivered));
    expect([...delivered].sort()).toEqual(others.sort());
  }, 120_000);

  it('can not be opened while a stopped process holds its write lock, and says so', async () => {
    const { host } = storageHost();
    const first = new LmdbConversionStorage({ path: folder.path });
    await first.open(host);
    const holder = await stoppedLockHolder(folder.path);
    const another = fork(join(process.cwd(), 'test/support/processes/opener.mjs'), [folder.path], {
      execArgv: [],
    });
    const [told] = (await once(another, 'message')) as [Opening];
    expect(told.rejected).toMatch(/another process holds its write lock/);
    expect(told.turns).toBeGreaterThan(50);
    const ended = once(holder, 'exit');
    holder.kill('SIGCONT');
    await ended;
    await first.close();
  });

  it('keeps nobody’s event loop waiting while a process that checks it is stopped', async () => {
    const first = new LmdbConversionStorage({ path: folder.path });
    await first.open(storageHost().host);
    await first.close();
    const checker = spawn(process.execPath, [
      `--import=${pathToFileURL(join(process.cwd(), 'test/support/processes/stop-in-check.mjs')).href}`,
      join(process.cwd(), 'lib/storage/lmdb/check-store.mjs'),
      folder.path,
      join(folder.path, 'gate'),
      JSON.stringify(openOptions),
      ...tableNames,
    ]);
    await stopped(checker.pid!);
    // Closed in order, it is opened without a check.
    const opener = fork(join(process.cwd(), 'test/support/processes/opener.mjs'), [folder.path], {
      execArgv: [],
    });
    try {
      const signal = AbortSignal.timeout(15_000);
      const [told] = (await once(opener, 'message', { signal })) as [Opening];
      expect(told.rejected).toMatch(/another process holds its write lock/);
      expect(told.turns).toBeGreaterThan(50);
    } finally {
      checker.kill('SIGKILL');
      opener.kill('SIGKILL');
    }
  }, 20_000);

  it.each([
    ['a newer', 99, /by a newer version \(format 99.*update nestjs-conversion-feedback/],
    [
      'an older',
      1,
      /by an older version \(format 1,.*let that version deliver what is pending, then move the folder away, or set storage.path/,
    ],
  ])('refuses a store of %s format, and says what to do', async (_, format, said) => {
    const { open } = await import('lmdb');
    const env = open({ path: folder.path, maxDbs: 12 });
    await env.openDB({ name: 'meta', encoding: 'msgpack' }).put('format', format);
    await env.close();
    const opening = new LmdbConversionStorage({ path: folder.path }).open(storageHost().host);
    await expect(opening).rejects.toThrow(said);
  });
});

/** A process that is stopped while it holds a store's write lock. */
async function stoppedLockHolder(path: string): Promise<ChildProcess> {
  const script = join(process.cwd(), 'test/support/processes/lock-holder.mjs');
  const holder = fork(script, [path], { execArgv: [] });
  await once(holder, 'message');
  holder.send('lock');
  await stopped(holder.pid!);
  return holder;
}

/** Resolves once the kernel says that a process is stopped. */
async function stopped(pid: number): Promise<void> {
  while (!/^\d+ \(.*\) T /.test(await readFile(`/proc/${pid}/stat`, 'latin1'))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** How often a timer of 10 ms fires within a span of ms. */
function turnsOfTheLoop(span: number): Promise<number> {
  return new Promise((resolve) => {
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 10);
    setTimeout(() => {
      clearInterval(ticking);
      resolve(turns);
    }, span);
  });
}
