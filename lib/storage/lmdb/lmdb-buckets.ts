import { Database } from 'lmdb';
import { insightsCounters } from '../../insights/bucket.js';
import { BucketTable, Counters } from '../../insights/tally.js';

/** Buckets as they stand in the file. One that can't be read counts as absent. */
export class LmdbBuckets implements BucketTable {
  constructor(
    private readonly db: Database<readonly number[], number>,
    private readonly unreadable: () => void,
  ) {}

  get(bucket: number): Counters | undefined {
    try {
      const stored = this.db.get(bucket);
      return stored && this.#countersIn(stored);
    } catch (error) {
      // LMDB's own errors have a number: then it is the store that is sick, not this record.
      if (typeof (error as { code?: unknown }).code === 'number') throw error;
      this.unreadable();
      return undefined;
    }
  }

  put(bucket: number, counters: Counters): void {
    void this.db.put(bucket, counters);
  }

  remove(bucket: number): void {
    void this.db.remove(bucket);
  }

  *read(from: number, to: number): Iterable<readonly [number, Counters]> {
    for (const bucket of this.db.getKeys({ start: from, end: to })) {
      const counters = this.get(bucket);
      yield [bucket, counters ?? insightsCounters.map(() => 0)];
    }
  }

  /** A version with fewer counters may have written it. */
  #countersIn(stored: readonly number[]): Counters | undefined {
    if (stored.every(Number.isSafeInteger)) return insightsCounters.map((_, i) => stored[i] ?? 0);
    this.unreadable();
    return undefined;
  }
}

/** Gathers what a transaction counts, so that each bucket is read and written once. */
export class GatheredBuckets implements BucketTable {
  readonly #known = new Map<number, Counters | undefined>();
  readonly #changed = new Set<number>();

  constructor(private readonly buckets: BucketTable) {}

  /** Another process may have written since. */
  forget(): void {
    this.#known.clear();
    this.#changed.clear();
  }

  write(): void {
    for (const bucket of this.#changed) this.buckets.put(bucket, this.#known.get(bucket)!);
  }

  get(bucket: number): Counters | undefined {
    if (!this.#known.has(bucket)) this.#known.set(bucket, this.buckets.get(bucket));
    return this.#known.get(bucket);
  }

  put(bucket: number, counters: Counters): void {
    this.#known.set(bucket, counters);
    this.#changed.add(bucket);
  }

  remove(bucket: number): void {
    this.#known.set(bucket, undefined);
    this.#changed.delete(bucket);
    this.buckets.remove(bucket);
  }

  /** Without what this transaction counted. */
  read(from: number, to: number): Iterable<readonly [number, Counters]> {
    return this.buckets.read(from, to);
  }
}
