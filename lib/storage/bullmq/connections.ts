import type { Redis, RedisOptions } from 'ioredis';
import { StorageError } from '../../conversion-feedback.errors.js';
import { settlesWithin } from '../../delivery/clock.js';
import { ConversionStorageHost } from '../conversion-storage.js';
import { requirePeer } from './peers.js';
import { RedisConnection, isCluster, isConnection, whereIs } from './redis-connection.js';
import { failureOf } from './redis-failure.js';

/** How long Redis may take until it answers a new connection, in ms. */
const CONNECT_TIMEOUT = 3_000;
/** How long a command may take, in ms: a Redis that hangs is as good as away. */
const COMMAND_TIMEOUT = 5_000;
/** How long a connection may take to end in order, in ms. */
const DISCONNECT_TIMEOUT = 200;
/** The longest wait before the next try to connect, in ms. */
const RECONNECT_INTERVAL = 1_000;

/** Whatever the app says of these, ours goes: a connection that gives up would never come back. */
const forAll = {
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT,
  disconnectTimeout: DISCONNECT_TIMEOUT,
  retryStrategy: (tries: number) => Math.min(tries * 100, RECONNECT_INTERVAL),
};

/** For the books: whoever waits is a login, so nothing waits for a Redis that is away. */
const forBooks = {
  ...forAll,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT,
  // Commands of one turn of the event loop leave together.
  enableAutoPipelining: true,
};

/** For a connection that is at its end. */
const forLastTry = {
  connectTimeout: DISCONNECT_TIMEOUT,
  retryStrategy: () => null,
  clusterRetryStrategy: () => null,
};

/** For BullMQ, which waits for Redis as long as it takes. */
const forBullMQ = {
  ...forAll,
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  enableAutoPipelining: false,
};

/**
 * The connections of one open storage: its own, whatever connection the app gave.
 *
 *     there ── the books' connection is cut, or a command isn't answered in time ──> away
 *       ^                                                                            │
 *       └──────────────────────── it is connected again ─────────────────────────────┘
 *
 * Both changes are said once.
 */
export class Connections {
  readonly #all: Redis[] = [];
  #isAway = false;
  #closed = false;

  private constructor(
    private readonly given: RedisConnection,
    private readonly host: Pick<ConversionStorageHost, 'logger' | 'clock' | 'closing'>,
  ) {}

  /** @throws StorageError where Redis can't be reached now */
  static async open(
    given: RedisConnection,
    host: Pick<ConversionStorageHost, 'logger' | 'clock' | 'closing'>,
  ): Promise<{ connections: Connections; books: Redis }> {
    const connections = new Connections(given, host);
    const books = connections.#own(await connect(given, forBooks));
    await connections.within(books, books.connect());
    books.on('error', (error: Error) => connections.#away(error.message));
    books.on('close', () => connections.#away());
    books.on('ready', () => connections.#back());
    return { connections, books };
  }

  /** Whether Redis is known to be away. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Another connection, for BullMQ, and how to end it with those that BullMQ makes of it. */
  async forBullMQ(): Promise<{ redis: Redis; cut: () => void }> {
    const family: Redis[] = [];
    const redis = this.#own(await connect(this.given, forBullMQ), family);
    return { redis, cut: () => family.forEach(end) };
  }

  /**
   * Waits until something is connected, no longer than Redis may take, or the app goes on; where it
   * isn't then, all connections are closed.
   * @throws StorageError where it isn't
   */
  async within(redis: Redis, connected: Promise<unknown>): Promise<void> {
    const { clock, closing } = this.host;
    const giveUp = (): void => this.close();
    closing.addEventListener('abort', giveUp);
    let why: string | undefined;
    // The promise says at last that the connection is closed; why, this event said before.
    const listen = (error: Error): void => void (why = error.message);
    redis.on('error', listen);
    try {
      if (await settlesWithin(clock, CONNECT_TIMEOUT, connected)) return;
      why ??= `no answer within ${CONNECT_TIMEOUT} ms`;
    } catch (error) {
      why ??= failureOf(error).message;
    } finally {
      redis.off('error', listen);
      closing.removeEventListener('abort', giveUp);
    }
    this.close();
    throw new StorageError(`Redis can't be reached at ${whereIs(this.given)} (${why})`);
  }

  /** A command wasn't answered in time. */
  hangs(): void {
    if (this.#isAway || this.#closed) return;
    this.#away(`no answer within ${COMMAND_TIMEOUT} ms`);
    // Where the machine is gone, its end of the connections is never heard of.
    for (const redis of this.#all) redis.disconnect(true);
  }

  /** Ends all connections, those that BullMQ made of ours included. */
  close(): void {
    this.#closed = true;
    for (const redis of this.#all.splice(0)) end(redis);
  }

  #own(redis: Redis, family: Redis[] = []): Redis {
    // An error event that nobody hears ends the process, or is printed.
    redis.on('error', () => {});
    this.#all.push(redis);
    family.push(redis);
    const duplicate = redis.duplicate.bind(redis) as (...args: unknown[]) => Redis;
    redis.duplicate = (...args: unknown[]) => this.#own(duplicate(...args), family);
    if (this.#closed) end(redis);
    return redis;
  }

  #away(why?: string): void {
    if (this.#isAway || this.#closed) return;
    this.#isAway = true;
    const reason = why ? ` (${why})` : '';
    this.host.logger.error(
      `Redis is away${reason}: what is recorded in it is delivered once it is back`,
    );
  }

  #back(): void {
    if (this.#isAway) this.host.logger.log('Redis is back');
    this.#isAway = false;
  }
}

/**
 * Ends a connection for good, and with it all that waits for it: BullMQ's timers would keep the process
 * alive. One that is to be tried again later ends by a last try, since ioredis rejects what waits only
 * then; and BullMQ may connect it once more, not knowing that it has ended.
 */
function end(redis: Redis): void {
  const willTry = redis.status === 'reconnecting';
  Object.assign(redis.options, forLastTry);
  redis.on('connect', () => redis.disconnect());
  redis.disconnect();
  if (willTry) redis.connect().catch(() => {});
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
  const duplicate = given.duplicate([], {
    enableOfflineQueue,
    enableAutoPipelining,
    lazyConnect,
    clusterRetryStrategy: forAll.retryStrategy,
    redisOptions: { ...given.options.redisOptions, ...redisOptions },
  });
  // What the storage asks of it, a cluster has as well.
  return duplicate as unknown as Redis;
}
