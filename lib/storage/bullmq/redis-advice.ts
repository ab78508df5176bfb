import type { Redis } from 'ioredis';

/**
 * What is wrong with the settings of a Redis that conversions are kept in, and what it risks, in a
 * sentence; undefined where nothing is, or where it doesn't say.
 */
export async function adviceOn(redis: Redis): Promise<string | undefined> {
  const info = await redis.info().catch(() => '');
  const settings = new Map(
    info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]),
  );
  const policy = settings.get('maxmemory_policy') ?? 'noeviction';
  const evicts =
    policy === 'noeviction'
      ? []
      : [
          `it throws conversions away once its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction`,
        ];
  const forgets =
    settings.get('aof_enabled') === '0'
      ? [
          'it forgets what was recorded since its last snapshot when it ends (no append-only file): set appendonly yes',
        ]
      : [];
  const faults = [...evicts, ...forgets];
  return faults.length > 0 ? `Redis may lose conversions: ${faults.join('; and ')}` : undefined;
}
