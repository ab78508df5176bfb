import { Redis } from 'ioredis';

export async function withRedis<T>(port: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, '127.0.0.1');
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

export function clear(port: number): Promise<unknown> {
  return withRedis(port, (redis) => redis.flushall());
}

/** Bytes that Redis holds. */
export function usedMemory(port: number): Promise<number> {
  return withRedis(port, async (redis) => {
    return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);
  });
}
