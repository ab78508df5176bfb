import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Gate } from '../../../lib/storage/lmdb/gate.js';
import { tempFolder } from '../../support/temp-folder.js';

interface Stay {
  readonly from: number;
  readonly to: number;
}

describe("a store's gate", () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let children: ChildProcess[];
  let stays: Stay[][];

  const start = (): ChildProcess => {
    const script = join(process.cwd(), 'test/support/processes/gate.mjs');
    const child = fork(script, [folder.path], { execArgv: [] });
    const own: Stay[] = [];
    child.on('message', (told: Partial<Stay>) => told.to && own.push(told as Stay));
    children.push(child);
    stays.push(own);
    return child;
  };

  /** Resolves once a process was within so many times more. */
  const passes = async (child: ChildProcess, count: number): Promise<void> => {
    const own = stays[children.indexOf(child)];
    for (const until = own.length + count; own.length < until;) await once(child, 'message');
  };

  beforeEach(async () => {
    folder = await tempFolder();
    children = [];
    stays = [];
  });

  afterEach(async () => {
    const gone = children
      .filter(({ signalCode }) => !signalCode)
      .map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(gone);
    await folder.remove();
  });

  it('lets one process in at a time', async () => {
    const all = [start(), start(), start()];
    await Promise.all(all.map((child) => passes(child, 200)));
    const inOrder = stays.flat().sort((a, b) => a.from - b.from);
    for (const [i, { from }] of inOrder.slice(1).entries())
      expect(from).toBeGreaterThanOrEqual(inOrder[i].to);
  });

  /** Resolves once a process is within. */
  const entered = async (child: ChildProcess): Promise<void> => {
    for (;;) {
      const [told] = (await once(child, 'message')) as [{ entered?: boolean }];
      if (told.entered) break;
    }
  };

  it('lets the next one in when the one within is killed', async () => {
    const [first, second] = [start(), start()];
    await passes(second, 10);
    await entered(first);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await passes(second, 10);
  });

  it('stops nobody’s event loop while the one within is stopped', async () => {
    const stopped = start();
    await entered(stopped);
    stopped.kill('SIGSTOP');

    const gate = Gate.open(folder.path);
    let isIn = false;
    const passed = gate.pass(() => void (isIn = true));
    for (let turns = 0; turns < 1_000; turns += 1) await immediate();
    expect(isIn).toBe(false);
    await gate.close();
    // What waits is waited for: opening again begins no second wait.
    expect(Gate.open(folder.path)).toBe(gate);

    stopped.kill('SIGKILL');
    await passed;
    expect(isIn).toBe(true);
    await gate.close();
  });

  it('lets one in at a time, also where the word to its thread comes late', async () => {
    const notify = Atomics.notify.bind(Atomics);
    const late = jest.spyOn(Atomics, 'notify').mockImplementation((...told) => {
      const at = performance.now() + 10;
      while (performance.now() < at);
      return notify(...told);
    });
    const gates = [Gate.open(folder.path), Gate.open(folder.path)];
    let within = 0;
    let mostWithin = 0;
    const pass = (gate: Gate) =>
      gate.pass(async () => {
        mostWithin = Math.max(mostWithin, (within += 1));
        for (let turns = 0; turns < 10; turns += 1) await immediate();
        within -= 1;
      });
    const passAgainAndAgain = async (gate: Gate): Promise<void> => {
      for (let count = 0; count < 30; count += 1) await pass(gate);
    };
    await Promise.all(gates.map(passAgainAndAgain));
    expect(mostWithin).toBe(1);
    await Promise.all(gates.map((gate) => gate.close()));
    late.mockRestore();
  });

  it('is passed by many stores of one process at once', async () => {
    const folders = await Promise.all(Array.from({ length: 8 }, () => tempFolder()));
    const gates = folders.map(({ path }) => Gate.open(path));
    let within = 0;
    let allWithin!: () => void;
    const together = new Promise<void>((resolve) => (allWithin = resolve));
    await Promise.all(
      gates.map((gate) =>
        gate.pass(() => {
          within += 1;
          if (within === gates.length) allWithin();
          return together;
        }),
      ),
    );
    await Promise.all(gates.map((gate) => gate.close()));
    await Promise.all(folders.map(({ remove }) => remove()));
  });
});
