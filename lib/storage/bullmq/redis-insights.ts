import type { Redis } from 'ioredis';
import { BucketKey, InsightsBucket, InsightsCounter, hoursKept } from '../../insights/bucket.js';

/** Buckets that are read in one go: Redis does little else meanwhile. */
const READ_AT_ONCE = 500;

/** Reads the buckets of the hours of a range that are kept. */
export async function readInsights(
  redis: Redis,
  base: string,
  range: { from: number; to: number },
  now: number,
): Promise<InsightsBucket[]> {
  const kept = hoursKept(now);
  const from = Math.max(range.from, kept.from);
  const to = Math.min(range.to, kept.to);
  const names = await redis.zrangebyscore(`${base}:insights`, from, `(${to}`);
  const buckets: InsightsBucket[] = [];
  for (let start = 0; start < names.length; start += READ_AT_ONCE) {
    const some = names.slice(start, start + READ_AT_ONCE);
    const hashes = await Promise.all(some.map((name) => redis.hgetall(`${base}:i:${name}`)));
    some.forEach((name, i) => buckets.push({ ...keyOf(name), counters: countersIn(hashes[i]) }));
  }
  return buckets;
}

function keyOf(name: string): BucketKey {
  const [hour, country] = name.split(':');
  return { country, hour: Number(hour) };
}

function countersIn(hash: Record<string, string>): InsightsBucket['counters'] {
  const counters: Partial<Record<InsightsCounter, number>> = {};
  for (const [name, count] of Object.entries(hash))
    if (Number(count) > 0) counters[name as InsightsCounter] = Number(count);
  return counters;
}
