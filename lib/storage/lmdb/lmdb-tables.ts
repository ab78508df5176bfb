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
import { GatheredBuckets, LmdbBuckets } from './lmdb-buckets.js';

/** Which process delivers: see lease.ts. */
export interface LeaseRecord {
  /** Empty where the last holder released it. */
  readonly owner: string;
  readonly until: number;
  /** When the holder who released it made its last request; absent where it made none. */
  readonly lastRequest?: number;
  /** Whether the holder who released it left requests in flight. */
  readonly leftInFlight?: boolean;
}

/** What is kept besides the ledger's tables, each under a name. */
export interface LmdbMeta {
  /** Version of all that stands in the file. */
  format: number;
  /** Name of the account whose messages these are. */
  account: string;
  /** Digest of the account's Auth ID. */
  accountId: string;
  totals: Totals;
  lease: LeaseRecord;
}

/** All that stands in one LMDB environment. */
export interface LmdbBooks {
  readonly meta: MetaTable;
  /** What is committed. */
  readonly committed: Tables;
  /**
   * The tables within a transaction. `load` first, then the ledger's work, then `save`: the totals and
   * buckets are read and written once, however many calls share the transaction.
   */
  readonly transaction: Tables & { load(): void; save(): void };
}

/** The tables of a store. */
export const tableNames = [
  'meta',
  'messages',
  'verifications',
  'uuids',
  'failed',
  'failures',
  'due',
  'deadlines',
  'buckets',
] as const;

/**
 * Opens the tables of an environment.
 * @param unreadable is called where a record can't be read, and counts as absent
 */
export function lmdbTables(env: RootDatabase, unreadable: (table: string) => void): LmdbBooks {
  const meta = new MetaTable(env.openDB({ name: 'meta', encoding: 'msgpack' }));
  const table = <K extends number | string, V, S>(name: string, codec: Codec<V, S>) =>
    new LmdbTable(openArrays<K, S>(env, name), codec, () => unreadable(name));
  const tables = {
    messages: table<number, MessageRecord, Stored>('messages', messageCodec),
    verifications: table<string, readonly number[], Stored>('verifications', numbersCodec),
    uuids: table<string, number, number>('uuids', plainCodec),
    failed: table<number, FailedRecord, Stored>('failed', failedCodec),
    failures: new LmdbAgenda(env.openDB({ name: 'failures' })),
    due: new LmdbAgenda(env.openDB({ name: 'due' })),
    deadlines: new LmdbAgenda(env.openDB({ name: 'deadlines' })),
  };
  const buckets = new LmdbBuckets(env.openDB({ name: 'buckets', encoding: 'binary' }), () =>
    unreadable('buckets'),
  );
  const gathered = new GatheredBuckets(buckets);
  const totals = { ...noTotals };
  let loaded = { ...noTotals };
  return {
    meta,
    committed: {
      ...tables,
      buckets,
      get totals() {
        return meta.get('totals') ?? { ...noTotals };
      },
    },
    transaction: {
      ...tables,
      buckets: gathered,
      totals,
      load() {
        gathered.forget();
        loaded = meta.get('totals') ?? { ...noTotals };
        Object.assign(totals, loaded);
      },
      save() {
        const names = Object.keys(totals) as (keyof Totals)[];
        if (names.some((name) => totals[name] !== loaded[name])) meta.put('totals', { ...totals });
        gathered.write();
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

/** What stands in the file is no record of ours. */
class UnreadableError extends Error {}

/** How a record stands in the file: an array, since field names would take more room than fields. */
interface Codec<V, Stored> {
  pack(value: V): Stored;
  /** @param unreadable is called for a part that can't be read, and counts as absent */
  unpack(stored: Stored, unreadable: () => void): V;
}

type Stored = readonly unknown[];

const plainCodec: Codec<number, number> = {
  pack: (value) => value,
  unpack(stored) {
    if (!Number.isFinite(stored)) throw new UnreadableError();
    return stored;
  },
};

const numbersCodec: Codec<readonly number[], Stored> = {
  pack: (value) => value,
  unpack(stored) {
    if (!stored.every(Number.isFinite)) throw new UnreadableError();
    return stored as number[];
  },
};

const statuses = Object.values(ConversionStatus);

/** Fields of a message; what follows them is its report's. */
const MESSAGE_FIELDS = 6;

const messageCodec: Codec<MessageRecord, Stored> = {
  pack({ uuid, verification, sentAt, country, status, statusAt, pending }) {
    if (status === undefined) return [uuid, verification, sentAt, country];
    const settled: unknown[] = [
      uuid,
      verification,
      sentAt,
      country,
      statuses.indexOf(status),
      statusAt,
    ];
    if (!pending) return settled;
    const { revision, attempts, agedFrom, dueAt, replaces, begun } = pending;
    settled.push(revision, attempts, agedFrom, dueAt);
    if (replaces || begun) settled.push(replaces, begun);
    return settled;
  },
  unpack(stored, unreadable) {
    const [uuid, verification, sentAt, country, status, statusAt] = stored;
    if (typeof uuid !== 'string' || typeof verification !== 'string' || !Number.isFinite(sentAt))
      throw new UnreadableError();
    const message = { uuid, verification, sentAt, country } as MessageRecord;
    if (status === undefined) return message;
    if (!statuses[status as number] || !Number.isFinite(statusAt)) throw new UnreadableError();
    return {
      ...message,
      status: statuses[status as number],
      statusAt: statusAt as number,
      pending: pendingIn(stored, unreadable),
    };
  },
};

/** Undefined where there is none, and where it can't be read: then the report starts anew. */
function pendingIn(stored: Stored, unreadable: () => void): PendingRecord | undefined {
  if (stored.length <= MESSAGE_FIELDS) return undefined;
  const [revision, attempts, agedFrom, dueAt, replaces, begun] = stored.slice(MESSAGE_FIELDS);
  if (![revision, attempts, agedFrom, dueAt].every(Number.isFinite)) {
    unreadable();
    return undefined;
  }
  return { revision, attempts, agedFrom, dueAt, replaces, begun } as PendingRecord;
}

const failedCodec: Codec<FailedRecord, Stored> = {
  pack: ({ attempts, failedAt, reason }) => [attempts, failedAt, reason],
  unpack([attempts, failedAt, reason]) {
    if (!Number.isFinite(failedAt) || typeof reason !== 'object' || !reason)
      throw new UnreadableError();
    return { attempts, failedAt, reason } as FailedRecord;
  },
};

function openArrays<K extends number | string, S>(env: RootDatabase, name: string) {
  return env.openDB<S, K>({ name, encoding: 'msgpack' });
}

class LmdbTable<K extends number | string, V, S> implements Table<K, V> {
  constructor(
    private readonly db: Database<S, K>,
    private readonly codec: Codec<V, S>,
    private readonly unreadable: () => void,
  ) {}

  get(key: K): V | undefined {
    try {
      const stored = this.db.get(key);
      return stored === undefined ? undefined : this.codec.unpack(stored, this.unreadable);
    } catch (error) {
      // LMDB's own errors have a number: then it is the store that is sick, not this record.
      if (typeof (error as { code?: unknown }).code === 'number') throw error;
      this.unreadable();
      return undefined;
    }
  }

  // Within a transaction lmdb writes at once: the promises of put and remove say nothing new.
  put(key: K, value: V): void {
    void this.db.put(key, this.codec.pack(value));
  }

  remove(key: K): void {
    void this.db.remove(key);
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

  read(after?: AgendaEntry): Iterable<AgendaEntry> {
    return this.db.getKeys(after === undefined ? {} : { start: [after[0], after[1] + 1] });
  }

  readBack(): Iterable<AgendaEntry> {
    return this.db.getKeys({ reverse: true });
  }
}
