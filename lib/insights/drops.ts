import { InsightsBucket } from './bucket.js';

/** A time in which a country's rate was below its normal, in ms since 1970. */
export interface DropSpan {
  readonly since: number;
  /** Undefined where its end isn't known. */
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
