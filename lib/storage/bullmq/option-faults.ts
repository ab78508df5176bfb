import type { Queue } from 'bullmq';
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { Fault } from '../../conversion-feedback.errors.js';
import { holds, isFields } from '../../validation/faults.js';
import { isCluster, isConnection } from './redis-connection.js';

const KNOWN = ['connection', 'queue', 'prefix', 'queueName', 'whenAway'];
const WHEN_AWAY = ['start', 'wait', 'fail'];

type Options = Record<string, unknown>;
type Refuse = (field: string, must: string) => void;

/**
 * All that is wrong with the storage's options. No value is repeated: a connection's are a password
 * more often than not.
 */
export function faultsIn(options: Options): Fault[] {
  const faults: Fault[] = [];
  const refuse = (field: string, must: string): void => {
    faults.push({ field: `storage.${field}`, message: `\`storage.${field}\` must ${must}` });
  };
  const { connection, queue, whenAway } = options;
  for (const field of Object.keys(options).filter((name) => !KNOWN.includes(name))) {
    refuse(field, `be left out: there are ${KNOWN.join(', ')}`);
  }
  if (connection !== undefined && queue !== undefined) {
    refuse('queue', 'be given instead of `storage.connection`, not beside it');
  }
  if (connection === undefined && queue === undefined) {
    refuse('connection', 'be given: { host, port } of Redis, or an ioredis connection');
  }
  if (connection !== undefined) checkConnection(connection, refuse);
  if (queue !== undefined) checkQueue(queue, refuse);
  for (const field of ['prefix', 'queueName']) checkName(field, options, refuse);
  checkSlot(options, refuse);
  if (whenAway !== undefined && !WHEN_AWAY.includes(whenAway as string)) {
    refuse('whenAway', "be 'start', 'wait' or 'fail'");
  }
  return faults;
}

function checkConnection(connection: unknown, refuse: Refuse): void {
  if (isClient(connection)) {
    if (!hasKeyPrefix(connection)) return;
    refuse('connection', "have no keyPrefix, which BullMQ can't do: set `storage.prefix` instead");
    return;
  }
  if (!isFields(connection) || isOtherClient(connection)) {
    refuse(
      'connection',
      'be options of ioredis, { host, port } or { url } say, or a connection of it',
    );
    return;
  }
  const { host, port, url, keyPrefix } = connection;
  if (host !== undefined && !isText(host)) refuse('connection.host', 'be a name or an address');
  if (port !== undefined && !isPort(port)) refuse('connection.port', 'be a port from 1 to 65535');
  if (url !== undefined && !isText(url)) {
    refuse('connection.url', 'be a URL that begins with redis:// or rediss://');
  }
  if (keyPrefix) {
    refuse('connection.keyPrefix', "be left out, BullMQ can't do it: set `storage.prefix` instead");
  }
}

function checkQueue(queue: unknown, refuse: Refuse): void {
  if (!isQueue(queue)) {
    refuse('queue', 'be a Queue of bullmq, as BullModule.registerQueue makes it');
    return;
  }
  const { connection = {} } = queue.opts;
  if (!isClient(connection) && isOtherClient(connection)) {
    refuse('queue', 'be one whose connection is of ioredis, or options of it');
  }
}

function checkName(field: string, { queue, [field]: name }: Options, refuse: Refuse): void {
  if (name === undefined) return;
  if (queue !== undefined) refuse(field, 'be left out beside `storage.queue`, which has its own');
  else if (!isText(name) || name.includes(':')) refuse(field, 'be a text without colons');
}

/** A script of several keys runs where they lie in one slot of the cluster. */
function checkSlot({ connection, queue, prefix }: Options, refuse: Refuse): void {
  const braces =
    'have a part in braces on a Redis cluster, {bull} say: it keeps all keys in one slot';
  if (isQueue(queue)) {
    const { connection: ofQueue, prefix: given } = queue.opts;
    const isScattered = isClient(ofQueue) && isCluster(ofQueue) && !hasSlot(given);
    if (isScattered)
      refuse(
        'queue',
        `be one whose prefix has a part in braces on a Redis cluster, {bull} say: it keeps all keys in one slot`,
      );
  } else if (isClient(connection) && isCluster(connection)) {
    if (prefix !== undefined && !hasSlot(prefix)) refuse('prefix', braces);
  }
}

/** Whether it is a connection of ioredis. */
export function isClient(value: unknown): value is Redis | Cluster {
  return holds(() => isConnection(value as object));
}

/** A connection of another client: BullMQ knows some. */
function isOtherClient(value: unknown): boolean {
  return holds(() => typeof (value as Partial<Redis>).duplicate === 'function');
}

function hasKeyPrefix(client: Redis | Cluster): boolean {
  const { keyPrefix, redisOptions } = client.options as ClusterOptions & RedisOptions;
  return Boolean(keyPrefix || redisOptions?.keyPrefix);
}

function isQueue(value: unknown): value is Queue {
  return holds(() => {
    const { name, opts, addBulk } = value as Partial<Queue>;
    return typeof name === 'string' && typeof opts === 'object' && typeof addBulk === 'function';
  });
}

/** Redis hashes what stands between the first brace and the next closing one. */
function hasSlot(prefix: unknown): boolean {
  return typeof prefix === 'string' && /^[^{]*\{[^}]+\}/.test(prefix);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPort(value: unknown): boolean {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
}
