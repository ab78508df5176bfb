import { setImmediate } from 'node:timers/promises';
import { InvalidOptionsError, StorageError } from '../../conversion-feedback.errors.js';
import { ConversionReport, FailedReport } from '../../conversion-report.js';
import { DeliveryLoop, DeliverySettings } from '../../delivery/delivery-loop.js';
import { InsightsBucket, InsightsMark, hoursKept } from '../../insights/bucket.js';
import {
  ConversionCounts,
  ConversionStorage,
  ConversionStorageHost,
  Enqueued,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from '../conversion-storage.js';
import { LedgerQueue, Transact } from './ledger-queue.js';
import { Ledger } from './ledger.js';
import { AgendaEntry } from './tables.js';

/** A storage that fails delivery is said at most so often, in ms. */
const FAILED_INTERVAL = 60_000;

/** Hours of insights, in ms, that are read while the event loop waits. */
const READ_AT_ONCE = 6 * 3_600_000;

/** An open ledger. */
export interface Books {
  /** For reading what is committed. */
  readonly reader: Ledger;
  readonly transact: Transact;
  /** Whether this process is the one that may send requests now. */
  mayDeliver(): boolean;
  /** Writes what is left to write, and closes. */
  close(): Promise<void>;
}

interface Opened {
  readonly host: ConversionStorageHost;
  readonly books: Books;
  readonly loop?: DeliveryLoop;
}

/** What storages that keep a ledger have in common: all but where the ledger is kept. */
export abstract class LedgerStorage implements ConversionStorage {
  abstract readonly shared: boolean;
  /** From the call of `open` to the end of `close`. */
  #inUse = false;
  #opened?: Opened;

  /** Opens the ledger, or throws where it can't be. */
  protected abstract openBooks(host: ConversionStorageHost): Promise<Books>;

  /** Starts the loop, now or as soon as this process may deliver. */
  protected startDelivery(loop: DeliveryLoop): void {
    loop.start();
  }

  /** Ends what `startDelivery` began; the loop has stopped. */
  protected async endDelivery(): Promise<void> {}

  async open(host: ConversionStorageHost): Promise<void> {
    if (this.#inUse) {
      const message = '`storage` is open already, each account must have one of its own';
      throw new InvalidOptionsError([{ field: 'storage', message }]);
    }
    this.#inUse = true;
    try {
      const books = await this.openBooks(host);
      const loop = host.delivery ? this.#loop(host, books, host.delivery) : undefined;
      this.#opened = { host, books, loop };
    } catch (error) {
      this.#inUse = false;
      throw error;
    }
  }

  track(message: TrackedMessage): Promise<boolean> {
    return this.#transact((ledger, now) => ledger.track(message, now));
  }

  settle(outcome: VerificationOutcome): Promise<Settlement> {
    return this.#transactAndWake((ledger, now) => ledger.settle(outcome, now));
  }

  enqueue(report: ConversionReport): Promise<Enqueued> {
    return this.#transactAndWake((ledger, now) => ledger.enqueue(report, now));
  }

  async retryFailed(messageUuid?: string): Promise<number> {
    if (messageUuid !== undefined)
      return this.#transactAndWake((ledger, now) => ledger.retryFailed(messageUuid, now));
    let count = 0;
    for (const numbers of await this.#allFailed()) {
      count += await this.#transactAndWake((ledger, now) => ledger.retryAll(numbers, now));
      await setImmediate();
    }
    return count;
  }

  async counts(): Promise<ConversionCounts> {
    return this.#open().books.reader.counts();
  }

  async oldestPending(): Promise<Date | undefined> {
    return this.#open().books.reader.oldestPending();
  }

  async failed(limit: number): Promise<FailedReport[]> {
    return this.#open().books.reader.failed(limit);
  }

  async insights({ from, to }: { from: number; to: number }): Promise<InsightsBucket[]> {
    const found: InsightsBucket[][] = [];
    const kept = hoursKept(this.#open().host.clock.now());
    const end = Math.min(to, kept.to);
    for (let start = Math.max(from, kept.from); start < end; start += READ_AT_ONCE) {
      const range = { from: start, to: Math.min(start + READ_AT_ONCE, end) };
      found.push(this.#open().books.reader.insights(range));
      await setImmediate();
    }
    return found.flat();
  }

  markInsights(mark: InsightsMark): Promise<boolean> {
    return this.#transact((ledger) => ledger.markInsights(mark));
  }

  deliver(): void {
    const { loop } = this.#open();
    if (loop) this.startDelivery(loop);
  }

  async stopDelivering(timeout: number): Promise<void> {
    const opened = this.#opened;
    if (opened?.loop && !(await opened.loop.stop(timeout))) opened.host.abandon();
    await this.endDelivery();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    await this.stopDelivering(0);
    this.#opened = undefined;
    await opened.books.close().finally(() => (this.#inUse = false));
  }

  /**
   * Numbers of all messages whose report is failed, in portions. Known before the first is retried:
   * what fails again meanwhile isn't retried twice.
   */
  async #allFailed(): Promise<number[][]> {
    const portions: number[][] = [];
    for (let last: AgendaEntry | undefined; ;) {
      const found = this.#open().books.reader.failures(last);
      if (found.length === 0) return portions;
      portions.push(found.map(([, number]) => number));
      last = found.at(-1);
      await setImmediate();
    }
  }

  #transactAndWake<T>(work: (ledger: Ledger, now: number) => T): Promise<T> {
    return this.#transact(work).then((result) => {
      this.#opened?.loop?.wake();
      return result;
    });
  }

  #transact<T>(work: (ledger: Ledger, now: number) => T): Promise<T> {
    if (!this.#opened) return Promise.reject(notOpen());
    const { host, books } = this.#opened;
    return books.transact((ledger) => work(ledger, host.clock.now()));
  }

  #loop(host: ConversionStorageHost, books: Books, settings: DeliverySettings): DeliveryLoop {
    const { clock, random, emit, logger, deliver } = host;
    const queue = new LedgerQueue(books.reader, books.transact, host);
    let saidAt = -Infinity;
    const storageFailed = (error: unknown): void => {
      if (clock.elapsed() - saidAt < FAILED_INTERVAL) return;
      saidAt = clock.elapsed();
      logger.error(`The storage failed delivery, which tries again: ${String(error)}`);
    };
    const mayRequest = () => books.mayDeliver();
    return new DeliveryLoop(queue, deliver, settings, {
      clock,
      random,
      emit,
      storageFailed,
      mayRequest,
    });
  }

  #open(): Opened {
    if (!this.#opened) throw notOpen();
    return this.#opened;
  }
}

function notOpen(): StorageError {
  return new StorageError(
    'The storage is not open: the application has not started yet or has closed, or the log says why',
  );
}
