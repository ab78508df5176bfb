import { Database, RootDatabase } from 'lmdb';
import { ConversionStatus } from '../../conversion-status.js';
import {
  Agenda,
  AgendaEntry,
  FailedRecord,
  MessageRecord,
  PendingRecord,
  Table,
  Tables,
  Totals,
  noTotals,
} from '../ledger/tables.js';

/** Which process delivers: see lease.ts. */
export interface LeaseRecord {
  readonly owner: string;
  readonly until: number;
}

/** What is kept besides the ledger's tables, each under a name. */
export interface LmdbMeta {
  /** Version of all that stands in the file. */
  format: number;
  totals: Totals;
  lease: LeaseRecord;
}

/** All that stands in one LMDB environment. */
export interface LmdbBooks {
  readonly meta: MetaTable;
  /** What is committed. */
  readonly committed: Tables;
  /**
   * The tables within a transaction. `load` first, then the ledger's work, then `save`: the totals
   * are read and written once, however many calls share the transaction.
   */
  readonly transaction: Tables & { load(): void; save(): void };
}

/** Opens the tables of an environment. */
export function lmdbTables(env: RootDatabase): LmdbBooks {
  const meta = new MetaTable(env.openDB({ name: 'meta', encoding: 'msgpack' }));
  const tables = {
    messages: new LmdbTable(openArrays<number>(env, 'messages'), messageCodec),
    verifications: new LmdbTable(openArrays<string>(env, 'verifications'), numbersCodec),
    uuids: new LmdbTable<string, number, number>(env.openDB({ name: 'uuids' }), plainCodec),
    pending: new LmdbTable(openArrays<number>(env, 'pending'), pendingCodec),
    failed: new LmdbFailedTable(openArrays<number>(env, 'failed'), failedCodec),
    due: new LmdbAgenda(env.openDB({ name: 'due' })),
    deadlines: new LmdbAgenda(env.openDB({ name: 'deadlines' })),
  };
  const totals = { ...noTotals };
  let loaded = { ...noTotals };
  return {
    meta,
    committed: {
      ...tables,
      get totals() {
        return meta.get('totals') ?? { ...noTotals };
      },
    },
    transaction: {
      ...tables,
      totals,
      load() {
        loaded = meta.get('totals') ?? { ...noTotals };
        Object.assign(totals, loaded);
      },
      save() {
        const names = Object.keys(totals) as (keyof Totals)[];
        if (names.some((name) => totals[name] !== loaded[name])) meta.put('totals', { ...totals });
      },
    },
  };
}

export class MetaTable {
  constructor(private readonly db: Database<unknown, string>) {}

  get<K extends keyof LmdbMeta>(name: K): LmdbMeta[K] | undefined {
    return this.db.get(name) as LmdbMeta[K] | undefined;
  }

  put<K extends keyof LmdbMeta>(name: K, value: LmdbMeta[K]): void {
    void this.db.put(name, value);
  }
}

/** How a record stands in the file: an array, since field names would take more room than fields. */
interface Codec<V, Stored> {
  pack(value: V): Stored;
  unpack(stored: Stored): V;
}

type Stored = readonly unknown[];

const plainCodec: Codec<number, number> = { pack: (value) => value, unpack: (stored) => stored };

const numbersCodec: Codec<readonly number[], Stored> = {
  pack: (value) => value,
  unpack: (stored) => stored as number[],
};

const statuses = Object.values(ConversionStatus);

const messageCodec: Codec<MessageRecord, Stored> = {
  pack: ({ uuid, verification, sentAt, country, status, statusAt }) =>
    status === undefined
      ? [uuid, verification, sentAt, country]
      : [uuid, verification, sentAt, country, statuses.indexOf(status), statusAt],
  unpack([uuid, verification, sentAt, country, status, statusAt]) {
    const message = { uuid, verification, sentAt, country } as MessageRecord;
    if (status === undefined) return message;
    return { ...message, status: statuses[status as number], statusAt: statusAt as number };
  },
};

const pendingCodec: Codec<PendingRecord, Stored> = {
  pack: ({ revision, attempts, agedFrom, dueAt }) => [revision, attempts, agedFrom, dueAt],
  unpack: ([revision, attempts, agedFrom, dueAt]) =>
    ({ revision, attempts, agedFrom, dueAt }) as PendingRecord,
};

const failedCodec: Codec<FailedRecord, Stored> = {
  pack: ({ attempts, failedAt, reason }) => [attempts, failedAt, reason],
  unpack: ([attempts, failedAt, reason]) => ({ attempts, failedAt, reason }) as FailedRecord,
};

function openArrays<K extends number | string>(
  env: RootDatabase,
  name: string,
): Database<Stored, K> {
  return env.openDB<Stored, K>({ name, encoding: 'msgpack' });
}

class LmdbTable<K extends number | string, V, S> implements Table<K, V> {
  constructor(
    protected readonly db: Database<S, K>,
    private readonly codec: Codec<V, S>,
  ) {}

  get(key: K): V | undefined {
    const stored = this.db.get(key);
    return stored === undefined ? undefined : this.codec.unpack(stored);
  }

  // Within a transaction lmdb writes at once: the promises of put and remove say nothing new.
  put(key: K, value: V): void {
    void this.db.put(key, this.codec.pack(value));
  }

  remove(key: K): void {
    void this.db.remove(key);
  }
}

class LmdbFailedTable extends LmdbTable<number, FailedRecord, Stored> {
  latestFirst(): Iterable<number> {
    return this.db.getKeys({ reverse: true });
  }
}

class LmdbAgenda implements Agenda {
  constructor(private readonly db: Database<number, [number, number]>) {}

  add(at: number, message: number): void {
    void this.db.put([at, message], 0);
  }

  remove(at: number, message: number): void {
    void this.db.remove([at, message]);
  }

  read(): Iterable<AgendaEntry> {
    return this.db.getKeys();
  }
}
