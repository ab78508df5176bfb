import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { Redis, RedisOptions } from 'ioredis';
import { ConversionStorage } from '../../lib/index.js';
import { BullMQConversionStorage } from '../../lib/storage/bullmq/index.js';
import { InProcessStore } from './in-process-site.js';

/** Real time, in ms, that Redis and BullMQ have for what happens in a moment. */
const MOMENT = 10;
/** Ms between two looks for jobs whose process died: BullMQ's own take as long as its locks last. */
const LOOK = 10;

/** The lease of a worker's request, which begins with the worker's id. */
const LEASE = /^([0-9a-f-]{36}):\d+$/;

/** A connection that can be cut with all that were made from it, as the end of a process cuts them. */
class CutConnection extends Redis {
  readonly #family: CutConnection[] = [];
  /** Ids of the workers that work on this connection, or on one made from it. */
  workers = new Set<string>();

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const child = new CutConnection({ ...this.options, ...override });
    child.workers = this.workers;
    this.#family.push(child);
    return child;
  }

  override sendCommand(...[command, ...rest]: Parameters<Redis['sendCommand']>): unknown {
    for (const argument of command.args) {
      const [, worker] = (typeof argument === 'string' && LEASE.exec(argument)) || [];
      if (worker) this.workers.add(worker);
    }
    return super.sendCommand(command, ...rest);
  }

  cut(): void {
    for (const child of this.#family) child.cut();
    this.disconnect();
  }
}

/** Books and a queue of their own in a Redis, and how the processes on them end. */
export async function redisStore(port: number, queueName: string): Promise<InProcessStore> {
  const prefix = '{model}';
  const connections = new Map<ConversionStorage, CutConnection>();
  const admin = new Redis({ port, maxRetriesPerRequest: null });
  // It only looks for jobs whose lock is gone.
  const undertaker = new Worker(queueName, null, {
    connection: admin,
    prefix,
    autorun: false,
    stalledInterval: LOOK,
    maxStalledCount: 1_000_000,
  });
  undertaker.on('error', () => {});
  let isUndertakerNeeded = false;
  const keysOf = (pattern: string) => admin.keys(`${prefix}:${queueName}:${pattern}`);

  /** Lets go of what a process held: its locks and leases end by themselves in some seconds. */
  const end = async (storage: ConversionStorage): Promise<void> => {
    const connection = connections.get(storage)!;
    connection.cut();
    const isIts = (holder: string | null): boolean =>
      [...connection.workers].some((worker) => holder?.startsWith(worker));
    for (const lock of await keysOf('*:lock')) {
      if (isIts(await admin.get(lock))) await admin.del(lock);
    }
    for (const message of await keysOf('books:m:*')) {
      if (isIts(await admin.hget(message, 'l'))) await admin.hdel(message, 'l');
    }
    isUndertakerNeeded = true;
    await undertaker.startStalledCheckTimer();
  };

  const moment = async (): Promise<void> => {
    // Where a living worker has looked, none does again for 5 s; and it takes two looks.
    if (isUndertakerNeeded) await admin.del(`${prefix}:${queueName}:stalled-check`);
    await sleep(MOMENT);
  };

  return {
    make: () => {
      const connection = new CutConnection({ port, lazyConnect: true });
      const storage = new BullMQConversionStorage({ connection, prefix, queueName });
      connections.set(storage, connection);
      return storage;
    },
    died: end,
    ended: end,
    moment,
    looksWithin: 1,
    backoff: { initial: 2, max: 20 },
    discard: async () => {
      for (const connection of connections.values()) connection.cut();
      await undertaker.close();
      const keys = await keysOf('*');
      if (keys.length > 0) await admin.del(keys);
      admin.disconnect();
    },
  };
}
