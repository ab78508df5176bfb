import { type RedisServer, startRedisServer } from '../../scripts/redis-server.mjs';
import { tempFolder } from './temp-folder.js';

/** A Redis of a test's own, on a free port. */
export type Redis = RedisServer;

/** Starts a Redis that keeps nothing. */
export async function startRedis(): Promise<Redis> {
  const folder = await tempFolder();
  const server = await startRedisServer({ folder: folder.path, appendonly: 'no' });
  return {
    port: server.port,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}
