import type { Queue } from 'bullmq';
import { Fault, InvalidOptionsError } from '../../conversion-feedback.errors.js';
import { DEFAULT_ACCOUNT } from '../../conversion-feedback.options.js';
import { isFields } from '../../validation/faults.js';
import { RedisConnection, isCluster, isConnection } from './connections.js';

/** In braces, so that all keys lie in one slot of a Redis cluster. */
const PREFIX = '{bull}';
const QUEUE_NAME = 'conversion-reports';

/** What to do at boot where Redis can't be reached. */
export type WhenAway = 'start' | 'wait' | 'fail';

export interface BullMQConversionStorageOptions {
  /**
   * Where Redis is: options of ioredis (`{ host, port }`, `{ url }`, TLS and so on), or a connection
   * of it (Redis or Cluster), which is duplicated and never used itself. Instead of `queue`.
   */
  readonly connection?: RedisConnection;
  /**
   * A queue that @nestjs/bullmq's `BullModule` registered: its Redis, prefix and name are used, so that
   * Bull Board and the app's other tools see the reports. Nothing else may add jobs to it, and no
   * processor of the app's own may work on it. Instead of `connection`.
   */
  readonly queue?: Queue;
  /**
   * Begin of all keys. On a Redis cluster it must have a part in braces, which keeps all keys in one
   * slot. Default `{bull}`.
   */
  readonly prefix?: string;
  /** Name of the queue. Default `conversion-reports`; of a named account `conversion-reports-<name>`. */
  readonly queueName?: string;
  /**
   * Where Redis can't be reached at boot: `start`, the default, boots all the same, holds what is
   * recorded in memory, and tries every 5 s; `wait` boots once Redis is there; `fail` stops the boot.
   */
  readonly whenAway?: WhenAway;
}

/** Where the books and the queue are. */
export interface Place {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly queueName: string;
}

/** @throws InvalidOptionsError with all that is wrong */
export function checkOptions(options: BullMQConversionStorageOptions): void {
  const faults = isFields(options) ? faultsIn(options) : [notOptions()];
  if (faults.length > 0) throw new InvalidOptionsError(faults);
}

/**
 * Where an account's books and queue are.
 * @throws InvalidOptionsError where a cluster couldn't hold them
 */
export function placeOf(options: BullMQConversionStorageOptions, account: string): Place {
  const { queue } = options;
  const ofAccount = account === DEFAULT_ACCOUNT ? QUEUE_NAME : `${QUEUE_NAME}-${account}`;
  const place = {
    connection: (queue?.opts.connection ?? options.connection) as RedisConnection,
    prefix: queue?.opts.prefix ?? options.prefix ?? (queue ? 'bull' : PREFIX),
    queueName: queue?.name ?? options.queueName ?? ofAccount,
  };
  if (isCluster(place.connection) && !/\{.+\}/.test(place.prefix)) {
    const message =
      '`storage.prefix` must have a part in braces on a Redis cluster, {bull} say: it keeps all keys in one slot';
    throw new InvalidOptionsError([{ field: 'storage.prefix', message }]);
  }
  return place;
}

function faultsIn(options: Record<string, unknown>): Fault[] {
  const { connection, queue, prefix, queueName, whenAway } = options;
  const faults: Fault[] = [];
  const fault = (field: string, must: string) =>
    faults.push({ field: `storage.${field}`, message: `\`storage.${field}\` must ${must}` });
  for (const field of Object.keys(options)) {
    if (!KNOWN.has(field))
      fault(field, `be left out: it is unknown, ${[...KNOWN].join(', ')} are known`);
  }
  if (connection !== undefined && queue !== undefined) {
    fault('queue', 'be given instead of `storage.connection`, not beside it');
  }
  if (connection === undefined && queue === undefined) {
    fault('connection', 'be given: { host, port } of Redis, or an ioredis connection');
  }
  if (connection !== undefined && !isFields(connection) && !isConnection(connection as never)) {
    fault('connection', 'be options of ioredis, { host, port } say, or a connection of it');
  }
  if (queue !== undefined && !isQueue(queue)) {
    fault('queue', 'be a Queue of bullmq, as BullModule.registerQueue makes it');
  }
  for (const [field, value] of [
    ['prefix', prefix],
    ['queueName', queueName],
  ] as const) {
    if (value === undefined) continue;
    if (queue !== undefined) fault(field, 'be left out beside `storage.queue`, which has its own');
    else if (typeof value !== 'string' || value === '' || value.includes(':')) {
      fault(field, 'be a text without colons');
    }
  }
  if (whenAway !== undefined && !WHEN_AWAY.has(whenAway)) {
    fault('whenAway', "be 'start', 'wait' or 'fail'");
  }
  return faults;
}

const KNOWN = new Set(['connection', 'queue', 'prefix', 'queueName', 'whenAway']);
const WHEN_AWAY = new Set<unknown>(['start', 'wait', 'fail'] satisfies WhenAway[]);

function isQueue(value: unknown): boolean {
  const { name, opts, addBulk } = value as Partial<Queue>;
  return typeof name === 'string' && typeof opts === 'object' && typeof addBulk === 'function';
}

function notOptions(): Fault {
  return { field: 'storage', message: '`storage` needs options: { connection: { host, port } }' };
}
