import { Database } from 'lmdb';
import { BucketTable, Counters, noCounters } from '../../insights/tally.js';

/**
 * Buckets as they stand in the file: their counters' own bytes, since each transaction reads and writes
 * some. One that can't be read counts as absent.
 */
export class LmdbBuckets implements BucketTable {
  constructor(
    private readonly db: Database<Buffer, number>,
    private readonly unreadable: () => void,
  ) {}

  get(bucket: number): Counters | undefined {
    const stored = this.db.get(bucket);
    return stored && this.#countersIn(stored);
  }

  put(bucket: number, counters: Counters): void {
    void this.db.put(bucket, Buffer.from(counters.buffer));
  }

  remove(bucket: number): void {
    void this.db.remove(bucket);
  }

  *read(from: number, to: number): Iterable<readonly [number, Counters]> {
    for (const bucket of this.db.getKeys({ start: from, end: to })) {
      const counters = this.get(bucket);
      yield [bucket, counters ?? noCounters()];
    }
  }

  #countersIn(stored: Buffer): Counters | undefined {
    const counters = noCounters();
    // A version with fewer names may have written it.
    new Uint8Array(counters.buffer).set(stored.subarray(0, counters.byteLength));
    if (stored.length % counters.BYTES_PER_ELEMENT === 0 && areCounts(counters)) return counters;
    this.unreadable();
    return undefined;
  }
}

function areCounts(counters: Counters): boolean {
  for (let place = 0; place < counters.length; place += 1)
    if (!Number.isSafeInteger(counters[place])) return false;
  return true;
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
    const known = this.#known.get(bucket);
    if (known || this.#known.has(bucket)) return known;
    const stored = this.buckets.get(bucket);
    this.#known.set(bucket, stored);
    return stored;
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
