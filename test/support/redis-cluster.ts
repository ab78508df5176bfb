import { Redis as Client } from 'ioredis';
import { freePort } from './free-port.js';
import { Redis, startRedis } from './redis.js';
import { until } from './until.js';

const NODES = 3;
const SLOTS = 16_384;

/** A Redis cluster of a test's own. */
export interface RedisCluster {
  readonly nodes: { host: string; port: number }[];
  stop(): Promise<void>;
}

/** Starts three Redis that share the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const redis: Redis[] = [];
  const buses: number[] = [];
  for (let i = 0; i < NODES; i += 1) {
    // Its own choice, the port + 10,000, may be none.
    const bus = await freePort();
    buses.push(bus);
    redis.push(await startRedis({ 'cluster-enabled': 'yes', 'cluster-port': bus }));
  }
  const clients = redis.map(({ port }) => new Client({ host: '127.0.0.1', port }));
  for (const [index, client] of clients.entries()) {
    const first = Math.ceil((index * SLOTS) / NODES);
    const last = Math.ceil(((index + 1) * SLOTS) / NODES);
    const slots = Array.from({ length: last - first }, (_, i) => first + i);
    await client.call('CLUSTER', 'ADDSLOTS', ...slots);
    await client.call('CLUSTER', 'MEET', '127.0.0.1', redis[0].port, buses[0]);
  }
  await until(async () => {
    const all = await Promise.all(clients.map((client) => client.cluster('INFO')));
    return all.every(
      (info) => info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`),
    );
  });
  clients.forEach((client) => client.disconnect());
  return {
    nodes: redis.map(({ port }) => ({ host: '127.0.0.1', port })),
    stop: async () => void (await Promise.all(redis.map((one) => one.stop()))),
  };
}
