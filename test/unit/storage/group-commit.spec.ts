import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { StorageError } from '../../../lib/index.js';
import type { Gate } from '../../../lib/storage/lmdb/gate.js';
import { GroupCommit, type StoreFile } from '../../../lib/storage/lmdb/group-commit.js';
import type { LmdbBooks } from '../../../lib/storage/lmdb/lmdb-tables.js';
import { ManualClock } from '../../support/clocks.js';
import { storageHost } from '../../support/storage-host.js';

describe('writes to a store', () => {
  /** How many shared each transaction. */
  let sizes: number[];
  /** Ends the transaction that is under way. */
  let commit: () => void;
  let group: GroupCommit;
  let transactions: EventEmitter;
  let clock: ManualClock;
  /** What who comes to the gate waits for. */
  let atGate: () => Promise<void>;
  let isThere: boolean;

  beforeEach(() => {
    sizes = [];
    transactions = new EventEmitter();
    const env = {
      transaction(write: () => void) {
        sizes.push(0);
        write();
        transactions.emit('begun');
        return new Promise<void>((resolve) => (commit = resolve));
      },
    } as unknown as StoreFile['env'];
    atGate = async () => {};
    isThere = true;
    const gate = { pass: (run: () => unknown) => atGate().then(run) } as unknown as Gate;
    const assertThere = (): void => {
      if (!isThere) throw new StorageError('the file is gone');
    };
    const file = { env, gate, assertThere, broken() {} };
    const books = { transaction: { load() {}, save() {} } } as unknown as LmdbBooks;
    const { host } = storageHost();
    clock = new ManualClock();
    group = new GroupCommit(file, books, host, 'committed', clock);
  });

  const write = (): Promise<void> => group.transact(() => void (sizes[sizes.length - 1] += 1));
  const writes = (count: number): Promise<void>[] => Array.from({ length: count }, write);

  it('are committed where they come alone', async () => {
    const begun = once(transactions, 'begun');
    const lone = write();
    await begun;
    expect(sizes).toEqual([1]);
    commit();
    await lone;
  });

  it('share one commit with what comes while another is under way', async () => {
    const begun = once(transactions, 'begun');
    const first = write();
    await begun;
    const others = writes(5);
    const next = once(transactions, 'begun');
    commit();
    await next;
    expect(sizes).toEqual([1, 5]);
    commit();
    await Promise.all([first, ...others]);
  });

  it('share one commit for as long as each turn of the event loop brings more', async () => {
    const all: Promise<void>[] = [];
    const begun = once(transactions, 'begun');
    for (let turns = 0; turns < 5; turns += 1) {
      const turn = new Promise((resolve) => setImmediate(resolve));
      all.push(...writes(2));
      await turn;
    }
    await begun;
    expect(sizes).toEqual([10]);
    commit();
    await Promise.all(all);
  });

  it('wait no longer than some ms for others to come', async () => {
    const all: Promise<void>[] = [];
    let hasBegun = false;
    transactions.once('begun', () => (hasBegun = true));
    while (!hasBegun) {
      const turn = new Promise((resolve) => setImmediate(resolve));
      all.push(write());
      clock.jump(1);
      await turn;
    }
    expect(all.length).toBeLessThan(10);
    commit();
    await Promise.all(all);
  });

  it('are refused where the file was replaced while they waited at the gate', async () => {
    let open!: () => void;
    const isWaiting = new Promise<void>((arrived) => {
      atGate = () => {
        arrived();
        return new Promise((resolve) => (open = resolve));
      };
    });
    const lone = write();
    await isWaiting;
    isThere = false;
    open();
    await expect(lone).rejects.toThrow(/can't be written: the file is gone/);
    expect(sizes).toEqual([]);
  });
});
