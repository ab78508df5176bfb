import { RootDatabase, open } from 'lmdb';
import {
  ConversionFeedbackError,
  InvalidOptionsError,
  StorageError,
} from '../../conversion-feedback.errors.js';
import { settlesWithin } from '../../delivery/clock.js';
import { DeliveryLoop } from '../../delivery/delivery-loop.js';
import { ConversionStorageHost } from '../conversion-storage.js';
import { Books, LedgerStorage } from '../ledger/ledger-storage.js';
import { Ledger } from '../ledger/ledger.js';
import { claimAccount, claimFormat } from './claims.js';
import { assertCompanions } from './companions.js';
import { Durability } from './durability.js';
import { Gate } from './gate.js';
import { GroupCommit } from './group-commit.js';
import { Lease } from './lease.js';
import { LmdbBooks, lmdbTables, tableNames } from './lmdb-tables.js';
import { openOptions } from './open-options.js';
import { checkStore } from './store-check.js';
import {
  closeToOthers,
  identityOf,
  isWritableByOthers,
  moveAside,
  prepareFolder,
  whyForgetful,
} from './store-folder.js';
import { StoreUse } from './store-use.js';

/** How long opening may wait for other processes to commit or to open, in ms. */
const LONGEST_OPENING = 3_000;
/** How long a thread may take to start, in ms, where the machine is busy. */
const LONGEST_START = 30_000;
/** How long closing may wait for the write lock, in ms. */
const LONGEST_CLOSE = 300;
/** What is open of a store, until its books are. */
interface OpenStore {
  readonly folder: string;
  readonly env: RootDatabase;
  readonly tables: LmdbBooks;
  readonly gate: Gate;
  readonly use: StoreUse;
}

export interface LmdbConversionStorageOptions {
  /**
   * Folder of the store, made where it isn't there (mode 0700). It must lie on a disk that outlives
   * the process: in a container, on a volume; never on a network file system.
   */
  readonly path: string;
  /**
   * What a recorded conversion survives. `committed`, the default: the end of the process however it
   * ends, and a power cut but for the last milliseconds. `flushed`: a power cut too; each write then
   * waits for the disk.
   */
  readonly durability?: Durability;
}

/**
 * Keeps everything in one LMDB file on this host: no server to install, and nothing is lost when
 * the process is killed. Many processes on one host can share it: all record, one delivers, and
 * another takes over within 5 s when that one dies.
 */
export class LmdbConversionStorage extends LedgerStorage {
  readonly shared = true;
  readonly #options: Required<LmdbConversionStorageOptions>;
  #lease?: Lease;
  #loop?: DeliveryLoop;
  #delivering = false;

  /** @throws InvalidOptionsError for a path or durability that can't be */
  constructor(options: LmdbConversionStorageOptions) {
    super();
    const { path, durability = 'committed' } = options ?? {};
    const faults = [];
    if (typeof path !== 'string' || path.trim() === '') {
      faults.push({
        field: 'storage.path',
        message: '`storage.path` must be the path of a folder',
      });
    }
    if (durability !== 'committed' && durability !== 'flushed') {
      const message = "`storage.durability` must be 'committed' or 'flushed'";
      faults.push({ field: 'storage.durability', message });
    }
    if (faults.length > 0) throw new InvalidOptionsError(faults);
    this.#options = { path, durability };
  }

  protected async openBooks(host: ConversionStorageHost): Promise<Books> {
    assertCompanions();
    const folder = prepareFolder(this.#options.path);
    try {
      return await this.#openFolder(folder, host);
    } catch (error) {
      if (error instanceof ConversionFeedbackError) throw error;
      throw new StorageError(
        `The store in ${JSON.stringify(folder)} can't be opened: ${String(error)}`,
        { cause: error },
      );
    }
  }

  async #openFolder(folder: string, host: ConversionStorageHost): Promise<Books> {
    const use = new StoreUse(folder);
    const checked = identityOf(folder);
    const { damage, readers } = await checkStore(folder, tableNames, use.wasMarked);
    // What goes wrong from here on, a crash included, makes the next opening check the file first.
    use.begin(readers);
    let opened: Gate | undefined;
    try {
      const gate = (opened = Gate.open(folder));
      const { env, tables } = await throughGate(gate, host, () => {
        use.open();
        // Where it is another file, a process that was quicker has moved the damaged one aside.
        const isDamaged = damage !== undefined && identityOf(folder) === checked;
        if (isDamaged) moveDamagedAside(folder, damage, host);
        return openTables(folder, host);
      });
      const store = { folder, env, tables, gate, use };
      return await this.#open(store, host).catch(async (error: unknown) => {
        await env.close();
        throw error;
      });
    } catch (error) {
      await opened?.close();
      if (error instanceof ConversionFeedbackError) use.end();
      else use.doubt();
      throw error;
    }
  }

  async #open(
    { folder, env, tables, gate, use }: OpenStore,
    host: ConversionStorageHost,
  ): Promise<Books> {
    closeToOthers(folder);
    const opened = identityOf(folder);
    let isBroken = false;
    const assertThere = (): void => {
      if (identityOf(folder) === opened) return;
      const gone = new StorageError(`The file of the store in ${JSON.stringify(folder)} is gone`);
      host.lost(gone);
      throw gone;
    };
    const broken = (why: StorageError): void => {
      isBroken = true;
      host.lost(why);
    };
    const { durability } = this.#options;
    const file = { env, gate, assertThere, broken };
    const group = new GroupCommit(file, tables, host, durability, host.clock);
    await claimFormat(tables, group, folder);
    await claimAccount(tables, group, folder, host);
    const forgetful = await whyForgetful(folder);
    if (forgetful) {
      host.logger.warn(
        `The store lies on ${forgetful}: reports may be lost. Set storage.path to a mounted volume, or use BullMQConversionStorage`,
      );
    }
    if (isWritableByOthers(folder)) {
      host.logger.warn(
        `The store's folder ${JSON.stringify(folder)} can be written by others than its owner: chmod go-w it`,
      );
    }
    this.#lease = new Lease(tables.meta, group.transact, host.clock, {
      acquired: (predecessor) => {
        if (this.#delivering) this.#loop?.start(predecessor);
      },
      lost: () => void this.#loop?.handOver(),
      lastRequestAgo: () => this.#loop?.lastRequestAgo ?? Infinity,
      hasInFlight: () => this.#loop?.hasInFlight ?? false,
    });
    return {
      reader: new Ledger(tables.committed, host),
      transact: group.transact,
      mayDeliver: () => this.#lease!.trusted(),
      close: async () => {
        // Whoever holds the write lock for longer keeps no process from ending: nothing that was
        // recorded waits here.
        const closed = group.drain().then(async () => {
          await env.close();
          if (isBroken) use.doubt();
          else use.end();
        });
        await settlesWithin(host.clock, LONGEST_CLOSE, closed);
        await gate.close();
      },
    };
  }

  protected override startDelivery(loop: DeliveryLoop): void {
    this.#loop = loop;
    this.#delivering = true;
    this.#lease!.start();
  }

  override async stopDelivering(timeout: number): Promise<void> {
    this.#delivering = false;
    await super.stopDelivering(timeout);
  }

  protected override async endDelivery(): Promise<void> {
    await this.#lease?.stop();
  }
}

/** A damaged file must not keep the app from starting: it is kept, and a new one takes its place. */
function moveDamagedAside(folder: string, damage: string, host: ConversionStorageHost): void {
  const aside = moveAside(folder, host.clock.now());
  host.logger.error(
    `The store is damaged (${damage}): it is kept as ${JSON.stringify(aside)}, with all that was recorded in it, and a new one is begun`,
  );
}

/** Opens the file while no other process commits to it or opens it. */
async function throughGate<T>(
  gate: Gate,
  { clock }: ConversionStorageHost,
  run: () => T,
): Promise<T> {
  if (!(await settlesWithin(clock, LONGEST_START, gate.isUp))) {
    throw new StorageError("The store can't be opened: a thread takes too long to start");
  }
  let given = true;
  const passed = gate.pass(() => (given ? run() : undefined));
  if (await settlesWithin(clock, LONGEST_OPENING, passed)) return (await passed) as T;
  given = false;
  throw new StorageError("The store can't be opened: another process holds its write lock");
}

function openTables(folder: string, { logger }: ConversionStorageHost) {
  const env = open({ path: folder, ...openOptions });
  return { env, tables: lmdbTables(env, sayOnce(logger)) };
}

/** A record that can't be read is said once a table: a broken disk breaks many. */
function sayOnce(logger: ConversionStorageHost['logger']): (table: string) => void {
  const said = new Set<string>();
  return (table) => {
    if (said.has(table)) return;
    said.add(table);
    logger.error(`A record can't be read in table ${table} of the store, and is passed over`);
  };
}
