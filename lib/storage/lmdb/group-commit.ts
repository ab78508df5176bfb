import { setImmediate } from 'node:timers/promises';
import { RootDatabase } from 'lmdb';
import { StorageError } from '../../conversion-feedback.errors.js';
import { Clock } from '../../delivery/clock.js';
import { Transact } from '../ledger/ledger-queue.js';
import { Ledger } from '../ledger/ledger.js';
import { Durability } from './durability.js';
import { Gate } from './gate.js';
import { LmdbBooks } from './lmdb-tables.js';

/** How long a write that nobody waits for may wait for others to join it, in ms. */
const SOON = 50;
/** Works that wait at most: beyond that, what comes is refused. */
const WAITING = 100_000;
/** Works that share one transaction at most: the event loop does them in one go. */
const GROUP_SIZE = 500;
/** How long a transaction is put off at most, in ms, while each turn of the event loop brings more works. */
const GATHERING = 2;

/** The file that is committed to. */
export interface StoreFile {
  readonly env: RootDatabase;
  readonly gate: Gate;
  /** Throws where the file isn't the one that was opened: what is written to it would be lost. */
  readonly assertThere: () => void;
  /** It can't be read or written any more. */
  readonly broken: (why: StorageError) => void;
}

interface Work {
  readonly run: (ledger: Ledger) => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  /** What came of it, to be told once it is committed. */
  outcome?: { readonly result: unknown } | { readonly error: unknown };
}

/**
 * Gathers pieces of bookkeeping into LMDB transactions.
 *
 * A lone work waits for no other. What comes while one is under way waits for the next, and
 * so does what each turn of the event loop brings until one brings nothing: under load a transaction,
 * and its cost, is shared by many. Only asynchronous transactions are used: waiting for another
 * process's lock happens on a thread of lmdb's own, never on the event loop.
 *
 * A work throws only where LMDB can't read its own file: its promise rejects, and the store is given
 * up (`broken`). Child transactions could undo it alone, but LMDB was seen to crash in one.
 */
export class GroupCommit {
  #waiting: Work[] = [];
  #draining?: Promise<void>;
  #cancelSoon?: () => void;
  readonly #ledger: Ledger;

  constructor(
    private readonly file: StoreFile,
    private readonly books: LmdbBooks,
    rules: ConstructorParameters<typeof Ledger>[1],
    private readonly durability: Durability,
    private readonly clock: Clock,
  ) {
    this.#ledger = new Ledger(books.transaction, rules);
  }

  readonly transact: Transact = (run, urgency = 'now') =>
    new Promise((resolve, reject) => {
      if (this.#waiting.length >= WAITING) {
        reject(new StorageError(`The storage is stuck: ${WAITING} writes wait for it already`));
        return;
      }
      this.#waiting.push({ run, resolve, reject });
      if (urgency === 'now') this.#start();
      else this.#cancelSoon ??= this.clock.after(SOON, () => this.#start());
    });

  /** Resolves once all that waits was written, or has failed. */
  async drain(): Promise<void> {
    this.#start();
    await this.#draining;
  }

  #start(): void {
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    if (this.#draining || this.#waiting.length === 0) return;
    this.#draining = this.#drain();
  }

  /** Ends in the same breath as it finds nothing left: no work may come in between and be missed. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      await this.#commitGroup();
    }
    this.#draining = undefined;
  }

  /** Waits until a turn of the event loop has brought nothing more. */
  async #gather(): Promise<void> {
    const begun = this.clock.elapsed();
    let seen: number;
    do {
      seen = this.#waiting.length;
      await setImmediate();
    } while (
      this.#waiting.length > seen &&
      this.#waiting.length < GROUP_SIZE &&
      this.clock.elapsed() - begun < GATHERING
    );
  }

  async #commitGroup(): Promise<void> {
    let group: Work[] = [];
    try {
      const { env, gate, assertThere } = this.file;
      const write = (): void => {
        group = this.#waiting.splice(0, GROUP_SIZE);
        this.books.transaction.load();
        for (const work of group) work.outcome = this.#run(work);
        this.books.transaction.save();
      };
      await gate.pass(() => {
        // Within: the file may have been replaced while this group waited for its turn.
        assertThere();
        return env.transaction(write);
      });
      if (this.durability === 'flushed') await env.flushed;
    } catch (error) {
      await this.#failed(group, error);
      return;
    }
    for (const work of group) this.#tell(work);
  }

  #run({ run }: Work): Work['outcome'] {
    try {
      return { result: run(this.#ledger) };
    } catch (error) {
      return { error };
    }
  }

  #tell({ outcome, resolve, reject }: Work): void {
    if ('result' in outcome!) return resolve(outcome.result as never);
    const { error } = outcome!;
    const failure = new StorageError(`The store can't be read: ${String(error)}`, { cause: error });
    this.file.broken(failure);
    reject(failure);
  }

  async #failed(group: Work[], error: unknown): Promise<void> {
    const failure = new StorageError(`The storage can't be written: ${await reasonOf(error)}`, {
      cause: error,
    });
    if (this.file.gate.isBroken) this.file.broken(failure);
    const lost = group.length > 0 ? group : this.#waiting.splice(0);
    for (const work of lost) work.reject(failure);
  }
}

/** lmdb tells why a commit failed by a promise beside the error, which nobody else would catch. */
async function reasonOf(error: unknown): Promise<string> {
  const { commitError } = error as { commitError?: Promise<never> };
  const cause: unknown = commitError ? await commitError.catch((reason: unknown) => reason) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
