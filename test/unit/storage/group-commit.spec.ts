import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/delivery/clock.js';
import type { Gate } from '../../../lib/storage/lmdb/gate.js';
import { GroupCommit, type StoreFile } from '../../../lib/storage/lmdb/group-commit.js';
import type { LmdbBooks } from '../../../lib/storage/lmdb/lmdb-tables.js';
import { storageHost } from '../../support/storage-host.js';

describe('writes to a store', () => {
  /** How many shared each transaction. */
  let sizes: number[];
  /** Ends the transaction that is under way. */
  let commit: () => void;
  let group: GroupCommit;
  let transactions: EventEmitter;

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
    const gate = { pass: (run: () => unknown) => run() } as unknown as Gate;
    const file = { env, gate, assertThere() {}, broken() {} };
    const books = { transaction: { load() {}, save() {} } } as unknown as LmdbBooks;
    group = new GroupCommit(file, books, storageHost().host, 'committed', systemClock);
  });

  const write = (): Promise<void> => group.transact(() => void (sizes[sizes.length - 1] += 1));
  const writes = (count: number): Promise<void>[] => Array.from({ length: count }, write);

  /** Lets as many share a transaction as it takes, from the first to the last of them committed. */
  const share = async (count: number): Promise<void> => {
    const first = write();
    const others = writes(count);
    const second = once(transactions, 'begun');
    commit();
    await second;
    commit();
    await Promise.all([first, ...others]);
    expect(sizes).toEqual([1, count]);
  };

  it('are committed at once where they come alone', async () => {
    const lone = write();
    expect(sizes).toEqual([1]);
    commit();
    await lone;
    // In one turn of the event loop with the answer the next may not begin: it may be one of many.
    await new Promise((resolve) => setImmediate(resolve));
    const next = write();
    expect(sizes).toEqual([1, 1]);
    commit();
    await next;
  });

  it('share one commit with what comes while another is under way', async () => {
    await share(5);
  });

  it('wait for those that shared the last commit to write again', async () => {
    await share(3);
    const again = writes(2);
    expect(sizes).toEqual([1, 3]);
    const third = once(transactions, 'begun');
    again.push(write());
    await third;
    expect(sizes).toEqual([1, 3, 3]);
    commit();
    await Promise.all(again);
  });

  it('wait for them no longer than a moment', async () => {
    await share(3);
    const third = once(transactions, 'begun');
    const lone = write();
    await third;
    expect(sizes).toEqual([1, 3, 1]);
    commit();
    await lone;
  });
});
