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
  return infoOf(port, 'memory', 'used_memory');
}

/** Microseconds of CPU time that Redis has used, of all its threads. */
export async function cpuOf(port: number): Promise<number> {
  const user = await infoOf(port, 'cpu', 'used_cpu_user');
  return 1e6 * (user + (await infoOf(port, 'cpu', 'used_cpu_sys')));
}

function infoOf(port: number, section: string, field: string): Promise<number> {
  return withRedis(port, async (redis) => {
    const info = await redis.info(section);
    return Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info)![1]);
  });
}
