import { ConversionStatus } from '../../conversion-status.js';
import { FailureReason } from '../../conversion-report.js';
import { BucketTable } from '../../insights/tally.js';

/** A message, named within the storage by a number that grows with time. */
export interface MessageRecord {
  readonly uuid: string;
  /** Digest of its verification's id; empty for a message that is known by its uuid alone. */
  readonly verification: string;
  readonly sentAt: number;
  /** ISO code of the destination; empty where unknown. */
  readonly country: string;
  /** Undefined while it is open. */
  readonly status?: ConversionStatus;
  /** When it got its status. */
  readonly statusAt?: number;
  /** Its report, while that is on its way. */
  readonly pending?: PendingRecord;
}

/** A report on its way. Its status and timestamp are the message's. */
export interface PendingRecord {
  /** No two reports of a storage have the same. */
  readonly revision: number;
  readonly attempts: number;
  /** The moment its age is counted from, put off by all the time for which the line stood still. */
  readonly agedFrom: number;
  readonly dueAt: number;
  /** Whether it took the place of one that wasn't delivered yet, and that may be in flight. */
  readonly replaces?: boolean;
  /** How often a request for it began and the process died; absent where never. */
  readonly begun?: number;
}

/** A report that isn't tried again by itself. */
export interface FailedRecord {
  readonly attempts: number;
  readonly failedAt: number;
  readonly reason: FailureReason;
}

/** Kept beside the tables, so that nobody ever has to count or to search. */
export interface Totals {
  lastMessage: number;
  lastRevision: number;
  open: number;
  pending: number;
  failed: number;
  /** Ms for which the line stood still, over all time. */
  stoodStill: number;
}

export const noTotals: Readonly<Totals> = {
  lastMessage: 0,
  lastRevision: 0,
  open: 0,
  pending: 0,
  failed: 0,
  stoodStill: 0,
};

export interface Table<K, V> {
  /** Undefined where there is none, or where what stands there can't be read. */
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  remove(key: K): void;
}

/** Message numbers in the order of their moments. */
export interface Agenda {
  add(at: number, message: number): void;
  remove(at: number, message: number): void;
  /** From the earliest on, or the first after an entry; whoever reads stops when he has enough. */
  read(after?: AgendaEntry): Iterable<AgendaEntry>;
  /** From the latest back. */
  readBack(): Iterable<AgendaEntry>;
}

export type AgendaEntry = readonly [at: number, message: number];

/**
 * What the ledger keeps its books in. All that is read and written between two calls of the
 * ledger's methods is one transaction.
 */
export interface Tables {
  readonly totals: Totals;
  readonly messages: Table<number, MessageRecord>;
  /** Digest of a verification's id to its messages, the oldest first. */
  readonly verifications: Table<string, readonly number[]>;
  /** message_uuid to message. */
  readonly uuids: Table<string, number>;
  readonly failed: Table<number, FailedRecord>;
  /** When reports failed. One entry a failed report. */
  readonly failures: Agenda;
  /** When pending reports are due. */
  readonly due: Agenda;
  /** When messages expire, or are forgotten. One entry a message. */
  readonly deadlines: Agenda;
  /** What is counted of messages, by country and hour. */
  readonly buckets: BucketTable;
}
