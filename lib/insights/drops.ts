import { BUCKET, InsightsBucket } from './bucket.js';

const DAY = 24 * BUCKET;

/** What a drop leads to has become normal after so long, in ms. */
export const LONGEST_DROP = 7 * DAY;
/** A drop is marked within so long of its beginning, in ms: the longest window of the watch, and an hour. */
const MARKED_WITHIN = DAY + BUCKET;

/** A time in which a country's rate was below its normal, in ms since 1970. */
export interface DropSpan {
  readonly since: number;
  /** Undefined where it has none yet. */
  readonly until?: number;
}

/** The drops that are marked in a country's buckets, oldest first. */
export function dropsOf(buckets: readonly Pick<InsightsBucket, 'counters'>[]): DropSpan[] {
  const marked = (name: 'droppedAt' | 'recoveredAt'): number[] =>
    buckets.flatMap(({ counters }) => counters[name] ?? []).sort((one, other) => one - other);
  const ends = marked('recoveredAt');
  const spans: DropSpan[] = [];
  for (const since of marked('droppedAt')) {
    const last = spans.at(-1);
    // Two processes may have seen the same drop in two windows.
    if (last && (last.until === undefined || last.until > since)) continue;
    spans.push({ since, until: ends.find((end) => end > since) });
  }
  return spans;
}

/** The hours that tell the drops of a range. */
export function markedHours({ from, to }: { from: number; to: number }) {
  return { from: from - LONGEST_DROP, to: to + MARKED_WITHIN };
}

/** Those of a country's drops that overlap a range; one that lasts at the range's end has no end. */
export function dropsWithin(
  { from, to }: { from: number; to: number },
  buckets: readonly Pick<InsightsBucket, 'counters'>[],
): DropSpan[] {
  return dropsOf(buckets)
    .map(({ since, until = Infinity }) => ({
      since,
      until: Math.min(until, since + LONGEST_DROP),
    }))
    .filter(({ since, until }) => since < to && until > from)
    .map(({ since, until }) => ({ since, until: until > to ? undefined : until }));
}
