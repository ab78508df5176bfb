import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { LoggerService } from '@nestjs/common';
import { StorageError } from '../../conversion-feedback.errors.js';
import { requirePeer } from './peers.js';

/** Where Redis is: options of ioredis, with or without a `url`, or a connection of it. */
export type RedisConnection = (RedisOptions & { url?: string }) | Redis | Cluster;

/** How long a connection may take, in ms. */
const CONNECT_TIMEOUT = 3_000;
/** How long a command may take, in ms: a Redis that hangs is as good as away. */
const COMMAND_TIMEOUT = 5_000;

/** For the books: whoever waits is a login, so nothing waits for a Redis that is away. */
const forBooks = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT,
  // Commands of one turn of the event loop leave together.
  enableAutoPipelining: true,
};

/** For BullMQ, which waits for Redis as long as it takes. */
const forBullMQ = { enableOfflineQueue: true, maxRetriesPerRequest: null };

/** The connections of one open storage: its own, whatever connection the app gave. */
export class Connections {
  readonly #all: Redis[] = [];
  #isAway = false;

  private constructor(
    private readonly given: RedisConnection,
    private readonly logger: LoggerService,
  ) {}

  /** @throws StorageError where Redis can't be reached now */
  static async open(
    given: RedisConnection,
    logger: LoggerService,
  ): Promise<{ connections: Connections; books: Redis }> {
    const connections = new Connections(given, logger);
    const books = await connections.#add(forBooks);
    try {
      await books.connect();
    } catch (error) {
      connections.close();
      throw new StorageError(`Redis can't be reached: ${reasonOf(error, books)}`, { cause: error });
    }
    books.on('error', (error: Error) => connections.#away(error));
    books.on('close', () => connections.#away());
    books.on('ready', () => connections.#back());
    return { connections, books };
  }

  /** Another connection, for BullMQ. */
  forBullMQ(): Promise<Redis> {
    return this.#add(forBullMQ);
  }

  close(): void {
    for (const redis of this.#all.splice(0)) redis.disconnect();
  }

  async #add(how: RedisOptions): Promise<Redis> {
    const redis = await connect(this.given, {
      connectTimeout: CONNECT_TIMEOUT,
      ...how,
      lazyConnect: true,
    });
    // An error event that nobody hears ends the process.
    redis.on('error', () => {});
    this.#all.push(redis);
    return redis;
  }

  #away(error?: Error): void {
    if (this.#isAway || this.#all.length === 0) return;
    this.#isAway = true;
    const why = error ? `: ${error.message}` : '';
    this.logger.error(`Redis is away${why}. What is recorded in it is delivered once it is back`);
  }

  #back(): void {
    if (this.#isAway) this.logger.log('Redis is back');
    this.#isAway = false;
  }
}

async function connect(given: RedisConnection, how: RedisOptions): Promise<Redis> {
  if (!isConnection(given)) {
    const { Redis: Client } = await requirePeer('ioredis');
    const { url, ...options } = given;
    const all = { ...options, ...how };
    return url === undefined ? new Client(all) : new Client(url, all);
  }
  if (!isCluster(given)) return given.duplicate(how);
  const { enableOfflineQueue, enableAutoPipelining, lazyConnect, ...redisOptions } = how;
  const ofCluster = { enableOfflineQueue, enableAutoPipelining, lazyConnect };
  const duplicate = given.duplicate([], {
    ...ofCluster,
    redisOptions: { ...given.options.redisOptions, ...redisOptions },
  });
  // What the storage asks of it, a cluster has as well.
  return duplicate as unknown as Redis;
}

export function isConnection(given: RedisConnection): given is Redis | Cluster {
  return typeof (given as Partial<Redis>).duplicate === 'function';
}

export function isCluster(given: RedisConnection): given is Cluster {
  return isConnection(given) && given.isCluster;
}

/** ioredis says at last that the connection is closed; why, it said before. */
function reasonOf(error: unknown, { options }: Redis): string {
  const { host, port, path } = options;
  const place = path ?? `${host}:${port}`;
  return `${place} (${error instanceof Error ? error.message : String(error)})`;
}
