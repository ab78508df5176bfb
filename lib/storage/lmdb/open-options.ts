import { RootDatabaseOptions } from 'lmdb';

/**
 * How LMDB files are opened: the store and its gate, by the app and by the programs beside it, which
 * are told (see companions.ts).
 */
export const openOptions = {
  // It takes a name with a dot in it for a file's.
  noSubdir: false,
  maxDbs: 12,
  // With batches by event turn, lmdb drops a promise that rejects when a commit fails: that ends the
  // process. GroupCommit gathers by itself.
  eventTurnBatching: false,
  // With overlapping syncs, processes that opened the file at once were seen to break it.
  overlappingSync: false,
} satisfies RootDatabaseOptions;
