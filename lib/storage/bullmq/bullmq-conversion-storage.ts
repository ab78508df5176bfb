import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { InvalidOptionsError, StorageError } from '../../conversion-feedback.errors.js';
import { ConversionReport, FailedReport } from '../../conversion-report.js';
import { InsightsBucket, InsightsMark } from '../../insights/bucket.js';
import {
  ConversionCounts,
  ConversionStorage,
  ConversionStorageHost,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from '../conversion-storage.js';
import { BullMQConversionStorageOptions, Place, checkOptions, placeOf } from './bullmq-options.js';
import { Connections } from './connections.js';
import { FailedJobs } from './failed-jobs.js';
import { Outbox } from './outbox.js';
import { requirePeer } from './peers.js';
import { adviceOn } from './redis-advice.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob } from './report-job.js';
import { ReportWorker } from './report-worker.js';
import { Sweeper } from './sweeper.js';

/** Version of what stands in Redis. Books of a higher one are refused. */
const FORMAT = 1;
/** Ms between two tries while the boot waits for Redis. */
const WAIT_INTERVAL = 1_000;
/** Longest time in ms that closing waits for recorded reports to become jobs. */
const LONGEST_CLOSE = 1_000;

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

/**
 * Keeps messages in Redis, and has BullMQ deliver their reports: for apps that run on many machines.
 * Every process records, and those with the option `delivery` deliver. It is as durable as Redis is:
 * with an append-only file, what is recorded survives a Redis that is killed.
 *
 * Needs the packages bullmq and ioredis.
 */
export class BullMQConversionStorage implements ConversionStorage {
  readonly shared = true;
  #opening = false;
  #opened?: Opened;

  /** @throws InvalidOptionsError for options that can't be */
  constructor(private readonly options: BullMQConversionStorageOptions) {
    checkOptions(options);
  }

  async open(host: ConversionStorageHost): Promise<void> {
    if (this.#opened || this.#opening) {
      const message = '`storage` is open already, each account must have one of its own';
      throw new InvalidOptionsError([{ field: 'storage', message }]);
    }
    this.#opening = true;
    try {
      this.#opened = await this.#open(host);
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

  enqueue(report: ConversionReport): Promise<{ recorded: boolean; report: ConversionReport }> {
    return this.#use(async ({ books, outbox }) => {
      const { entry, report: standing } = await books.enqueue(report);
      if (entry) outbox.send([entry]);
      return { recorded: entry !== undefined, report: standing };
    });
  }

  deliver(): void {
    this.#opened?.worker?.start();
    this.#opened?.sweeper?.start();
  }

  async stopDelivering(timeout: number): Promise<void> {
    this.#opened?.sweeper?.stop();
    await this.#opened?.worker?.stop(timeout);
  }

  counts(): Promise<ConversionCounts> {
    return this.#use(async ({ books, failedJobs }) => {
      const [totals, failed] = await Promise.all([books.totals(), failedJobs.count()]);
      return { ...totals, failed };
    });
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
    const opened = this.#opened;
    if (!opened) return;
    await this.stopDelivering(0);
    this.#opened = undefined;
    await opened.outbox.close(LONGEST_CLOSE);
    await opened.queue.close();
    opened.connections.close();
  }

  async #open(host: ConversionStorageHost): Promise<Opened> {
    const place = placeOf(this.options, host.account);
    const bullmq = await requirePeer('bullmq');
    const { connections, books: redis } = await this.#connect(place, host);
    try {
      const base = `${place.prefix}:${place.queueName}:books`;
      const books = new RedisBooks(redis, base, host);
      await claim(books, place, host.account);
      const advice = await adviceOn(redis);
      if (advice) host.logger.warn(advice);
      const queue = new bullmq.Queue<ReportJob>(place.queueName, {
        connection: await connections.forBullMQ(),
        prefix: place.prefix,
      });
      // What can't be added now stays in the outbox; that Redis is away is said by its connection.
      queue.on('error', () => {});
      const outbox = new Outbox(queue, books, host.clock);
      const opened = {
        host,
        connections,
        books,
        queue,
        outbox,
        failedJobs: new FailedJobs(queue, redis, books, outbox),
      };
      if (!host.delivery) return opened;
      const ofWorker = await connections.forBullMQ();
      const worker = new ReportWorker({
        bullmq,
        queue,
        books: new RedisBooks(ofWorker, base, host),
        host,
        settings: host.delivery,
        redis: ofWorker,
      });
      return { ...opened, worker, sweeper: new Sweeper(books, outbox, worker, host) };
    } catch (error) {
      connections.close();
      throw error;
    }
  }

  /** Connects, as often as `whenAway` says. */
  async #connect(
    { connection }: Place,
    { logger, clock }: ConversionStorageHost,
  ): Promise<{ connections: Connections; books: Redis }> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await Connections.open(connection, logger);
      } catch (error) {
        const { whenAway = 'start' } = this.options;
        if (!(error instanceof StorageError) || whenAway === 'start') throw error;
        if (whenAway === 'fail') {
          const message = `\`storage.connection\` must be a Redis that answers, or \`storage.whenAway\` 'start' or 'wait': ${error.message}`;
          throw new InvalidOptionsError([{ field: 'storage.connection', message }]);
        }
        if (tries === 0) logger.warn(`${error.message}: the boot waits for it`);
        await new Promise<void>((resolve) => clock.after(WAIT_INTERVAL, resolve));
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
async function claim(books: RedisBooks, place: Place, account: string): Promise<void> {
  const { format, account: owner } = await books.claim(FORMAT, account);
  const where = `${place.prefix}:${place.queueName}`;
  if (format > FORMAT) {
    throw new StorageError(
      `The books in ${where} were written by a newer version (format ${format}, this one knows ${FORMAT}): update nestjs-conversion-feedback, or set storage.queueName to another name`,
    );
  }
  if (owner !== account) {
    const message = `\`storage\` in ${where} is the account ${owner}’s, ${account} must have another queueName`;
    throw new InvalidOptionsError([{ field: 'storage', message }]);
  }
}
