import type { Queue } from 'bullmq';
import { InvalidOptionsError } from '../../conversion-feedback.errors.js';
import { DEFAULT_ACCOUNT } from '../../conversion-feedback.options.js';
import { fieldsOf, isFields } from '../../validation/faults.js';
import { faultsIn, isClient } from './option-faults.js';
import { RedisConnection } from './redis-connection.js';

/** In braces, so that all keys lie in one slot of a Redis cluster. */
const PREFIX = '{bull}';
const QUEUE_NAME = 'conversion-reports';

/** What to do at boot where Redis can't be reached. */
export type WhenAway = 'start' | 'wait' | 'fail';

export interface BullMQConversionStorageOptions {
  /**
   * Where Redis is: options of ioredis (`{ host, port }`, `{ url }`, TLS and so on), or a connection
   * of it (Redis or Cluster), which is duplicated, and neither used nor closed. Without `keyPrefix`,
   * which BullMQ can't do: see `prefix`. Instead of `queue`.
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

/**
 * The options, each read once: what was checked is what is used.
 * @throws InvalidOptionsError with all that is wrong
 */
export function readOptions(given: unknown): BullMQConversionStorageOptions {
  if (!isFields(given)) {
    const message = '`storage` needs options: { connection: { host, port } }';
    throw new InvalidOptionsError([{ field: 'storage', message }]);
  }
  const { fields, faults } = fieldsOf(given, 'storage', 'storage.');
  const options = Object.fromEntries(fields);
  const { connection } = options;
  if (isFields(connection) && !isClient(connection)) {
    const read = fieldsOf(connection, 'storage.connection', 'storage.connection.');
    options.connection = Object.fromEntries(read.fields);
    faults.push(...read.faults);
  }
  const unread = new Set(faults.map(({ field }) => field.split('.').slice(0, 2).join('.')));
  faults.push(...faultsIn(options).filter(({ field }) => !unread.has(field)));
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return options;
}

/** Where an account's books and queue are. */
export function placeOf(options: BullMQConversionStorageOptions, account: string): Place {
  const { queue, connection } = options;
  const ofAccount = account === DEFAULT_ACCOUNT ? QUEUE_NAME : `${QUEUE_NAME}-${account}`;
  return {
    // BullMQ's own default is a Redis on this machine.
    connection: ((queue ? queue.opts.connection : connection) ?? {}) as RedisConnection,
    prefix: queue ? (queue.opts.prefix ?? 'bull') : (options.prefix ?? PREFIX),
    queueName: queue?.name ?? options.queueName ?? ofAccount,
  };
}
