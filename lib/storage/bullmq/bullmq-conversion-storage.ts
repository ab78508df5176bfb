import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { InvalidOptionsError, StorageError } from '../../conversion-feedback.errors.js';
import { ConversionReport, FailedReport } from '../../conversion-report.js';
import { whyNotOurs } from '../account-claim.js';
import { InsightsBucket, InsightsMark } from '../../insights/bucket.js';
import {
  ConversionCounts,
  ConversionStorage,
  ConversionStorageHost,
  Enqueued,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from '../conversion-storage.js';
import { BullMQConversionStorageOptions, Place, placeOf, readOptions } from './bullmq-options.js';
import { settlesWithin } from '../../delivery/clock.js';
import { Connections } from './connections.js';
import { FailedJobs } from './failed-jobs.js';
import { oldestPending } from './oldest-pending.js';
import { Outbox } from './outbox.js';
import { requirePeer } from './peers.js';
import { adviceOn } from './redis-advice.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob } from './report-job.js';
import { ReportWorker, WorkerTools } from './report-worker.js';
import { Sweeper } from './sweeper.js';

/** Version of what stands in Redis. Books of a higher one are refused. */
const FORMAT = 1;
/** Ms between two tries while the boot waits for Redis. */
const WAIT_INTERVAL = 1_000;
/** The longest interval there is, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Longest time in ms that closing waits for recorded reports to become jobs, and for the queue. */
const LONGEST_CLOSE = 250;

interface Opened {
  readonly host: ConversionStorageHost;
  readonly connections: Connections;
  readonly books: RedisBooks;
  readonly queue: Queue<ReportJob>;
  readonly outbox: Outbox;
  readonly failedJobs: FailedJobs;
  /** Absent where another process delivers. */
  readonly worker?: ReportWorker;
  readonly sweeper?: Sweeper;
}

type Hiring = Omit<WorkerTools, 'redis' | 'cut' | 'books'> & {
  readonly connections: Connections;
  readonly base: string;
};

/**
 * Keeps messages in Redis, and has BullMQ deliver their reports: for apps that run on many machines.
 * Every process records, and those with the option `delivery` deliver. It is as durable as Redis is:
 * with an append-only file that is flushed each time (`appendfsync always`), what is recorded survives
 * a Redis that is killed; as Redis flushes where nothing is said, all but its last second or two.
 *
 * Needs the packages bullmq and ioredis.
 */
export class BullMQConversionStorage implements ConversionStorage {
  readonly shared = true;
  #opening = false;
  #opened?: Opened;

  readonly #options: BullMQConversionStorageOptions;
  #alive?: NodeJS.Timeout;

  /** @throws InvalidOptionsError with all that is wrong with the options */
  constructor(options: BullMQConversionStorageOptions) {
    this.#options = readOptions(options);
  }

  async open(host: ConversionStorageHost): Promise<void> {
    if (this.#opened || this.#opening) {
      const message = '`storage` is open already, each account must have one of its own';
      throw new InvalidOptionsError([{ field: 'storage', message }]);
    }
    this.#opening = true;
    try {
      this.#opened = await this.#open(host);
      this.#mayEnd();
    } catch (error) {
      if (error instanceof StorageError) this.#stayAlive();
      throw error;
    } finally {
      this.#opening = false;
    }
  }

  track(message: TrackedMessage): Promise<boolean> {
    return this.#use(({ books }) => books.track(message));
  }

  settle(outcome: VerificationOutcome): Promise<Settlement> {
    return this.#use(async ({ books, outbox }) => {
      const { entries, ...settlement } = await books.settle(outcome);
      outbox.send(entries);
      return settlement;
    });
  }

  enqueue(report: ConversionReport): Promise<Enqueued> {
    return this.#use(async ({ books, outbox }) => {
      const { entry, ...enqueued } = await books.enqueue(report);
      if (entry) outbox.send([entry]);
      return { recorded: entry !== undefined, ...enqueued };
    });
  }

  deliver(): void {
    this.#opened?.worker?.start();
    this.#opened?.sweeper?.start();
  }

  async stopDelivering(timeout: number): Promise<void> {
    if (!this.#opened) return;
    const { sweeper, worker, connections } = this.#opened;
    sweeper?.stop();
    await worker?.stop(timeout, connections.isAway);
  }

  counts(): Promise<ConversionCounts> {
    return this.#use(async ({ books, failedJobs }) => {
      const [totals, failed] = await Promise.all([books.totals(), failedJobs.count()]);
      return { ...totals, failed };
    });
  }

  oldestPending(): Promise<Date | undefined> {
    return this.#use(({ books, queue }) => oldestPending(queue, books));
  }

  failed(limit: number): Promise<FailedReport[]> {
    return this.#use(({ failedJobs }) => failedJobs.latest(limit));
  }

  retryFailed(messageUuid?: string): Promise<number> {
    return this.#use(({ failedJobs }) => failedJobs.retry(messageUuid));
  }

  insights(range: { from: number; to: number }): Promise<InsightsBucket[]> {
    return this.#use(({ books }) => books.insights(range));
  }

  markInsights(mark: InsightsMark): Promise<boolean> {
    return this.#use(({ books }) => books.markInsights(mark));
  }

  async close(): Promise<void> {
    this.#mayEnd();
    if (!this.#opened) return;
    const { host, outbox, queue, connections } = this.#opened;
    await this.stopDelivering(0);
    this.#opened = undefined;
    await outbox.close(connections.isAway ? 0 : LONGEST_CLOSE);
    const closed = queue.close().catch(() => {});
    if (!connections.isAway) await settlesWithin(host.clock, LONGEST_CLOSE, closed);
    connections.close();
  }

  /** A worker has nothing but its connections to keep it alive, and while Redis is away it has none. */
  #stayAlive(): void {
    this.#alive ??= setInterval(() => {}, LONGEST_TIMER);
  }

  #mayEnd(): void {
    clearInterval(this.#alive);
    this.#alive = undefined;
  }

  async #open(host: ConversionStorageHost): Promise<Opened> {
    const place = placeOf(this.#options, host.account);
    const bullmq = await requirePeer('bullmq');
    const { connections, books: redis } = await this.#connect(place, host);
    try {
      const base = `${place.prefix}:${place.queueName}:books`;
      const books = new RedisBooks(redis, base, host, () => connections.hangs());
      await claim(books, place, host);
      const advice = await adviceOn(redis);
      if (advice) host.logger.warn(advice);
      const { redis: ofQueue } = await connections.forBullMQ();
      const queue = new bullmq.Queue<ReportJob>(place.queueName, {
        connection: ofQueue,
        prefix: place.prefix,
      });
      // What can't be added now stays in the outbox; that Redis is away is said by its connection.
      queue.on('error', () => {});
      await connections.within(ofQueue, queue.waitUntilReady());
      const worker = host.delivery
        ? await this.#hire({ bullmq, queue, base, host, settings: host.delivery, connections })
        : undefined;
      const outbox = new Outbox(queue, books, host.clock);
      return {
        host,
        connections,
        books,
        queue,
        outbox,
        failedJobs: new FailedJobs(queue, redis, books, outbox),
        worker,
        sweeper: worker && new Sweeper(books, outbox, worker, host),
      };
    } catch (error) {
      connections.close();
      throw error;
    }
  }

  async #hire({ connections, base, ...tools }: Hiring): Promise<ReportWorker> {
    const { redis, cut } = await connections.forBullMQ();
    const books = new RedisBooks(redis, base, tools.host, () => connections.hangs());
    const worker = new ReportWorker({ ...tools, redis, cut, books });
    await connections.within(redis, worker.ready());
    return worker;
  }

  /** Connects, as often as `whenAway` says. */
  async #connect(
    { connection }: Place,
    host: ConversionStorageHost,
  ): Promise<{ connections: Connections; books: Redis }> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await Connections.open(connection, host);
      } catch (error) {
        const { whenAway = 'start' } = this.#options;
        if (!(error instanceof StorageError) || whenAway === 'start') throw error;
        if (whenAway === 'fail') {
          const message = `\`storage.connection\` must be a Redis that answers, or \`storage.whenAway\` 'start' or 'wait': ${error.message}`;
          throw new InvalidOptionsError([{ field: 'storage.connection', message }]);
        }
        if (host.closing.aborted) throw error;
        if (tries === 0) host.logger.warn(`${error.message}: the boot waits for it`);
        // Not by the clock, whose timers let a process end that has nothing else to do.
        await sleep(WAIT_INTERVAL, undefined, { signal: host.closing }).catch(() => {});
      }
    }
  }

  async #use<T>(run: (opened: Opened) => Promise<T>): Promise<T> {
    if (!this.#opened) {
      throw new StorageError(
        'The storage is not open: the application has not started yet or has closed, or the log says why',
      );
    }
    return run(this.#opened);
  }
}

/** A report must go out with the credentials that its message was sent with. */
async function claim(books: RedisBooks, place: Place, host: ConversionStorageHost): Promise<void> {
  const { format, owner } = await books.claim(FORMAT, host);
  const where = `${place.prefix}:${place.queueName}`;
  if (format > FORMAT) {
    throw new StorageError(
      `The books in ${where} were written by a newer version (format ${format}, this one knows ${FORMAT}): update nestjs-conversion-feedback, or set storage.queueName to another name`,
    );
  }
  const fault = whyNotOurs(owner, host, { option: 'queueName', kind: 'name' });
  if (fault === undefined) return;
  const message = `\`storage\` in ${where} ${fault}`;
  throw new InvalidOptionsError([{ field: 'storage', message }]);
}
