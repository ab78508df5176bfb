import { BucketTable, Counters } from '../../insights/tally.js';
import { Agenda, AgendaEntry, Table, Tables, noTotals } from '../ledger/tables.js';

/** The ledger's tables in this process's memory. */
export function memoryTables(): Tables {
  return {
    totals: { ...noTotals },
    messages: new MemoryTable(),
    verifications: new MemoryTable(),
    uuids: new MemoryTable(),
    failed: new MemoryTable(),
    failures: new MemoryAgenda(),
    due: new MemoryAgenda(),
    deadlines: new MemoryAgenda(),
    buckets: new MemoryBuckets(),
  };
}

class MemoryTable<K, V> implements Table<K, V> {
  protected readonly entries = new Map<K, V>();

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  put(key: K, value: V): void {
    this.entries.set(key, value);
  }

  remove(key: K): void {
    this.entries.delete(key);
  }
}

/** Few buckets come, and nearly all of them last. */
class MemoryBuckets extends MemoryTable<number, Counters> implements BucketTable {
  readonly #order: number[] = [];

  override put(bucket: number, counters: Counters): void {
    if (!this.entries.has(bucket)) {
      const after = this.#order.findLastIndex((other) => other < bucket);
      this.#order.splice(after + 1, 0, bucket);
    }
    super.put(bucket, counters);
  }

  override remove(bucket: number): void {
    if (this.entries.has(bucket)) this.#order.splice(this.#order.indexOf(bucket), 1);
    super.remove(bucket);
  }

  *read(from: number, to: number): Iterable<readonly [number, Counters]> {
    for (const bucket of this.#order) {
      if (bucket >= to) return;
      if (bucket >= from) yield [bucket, this.entries.get(bucket)!];
    }
  }
}

/** Sorted by moment, then number. Nearly all entries come last and leave first, which is cheap. */
class MemoryAgenda implements Agenda {
  readonly #entries: AgendaEntry[] = [];

  add(at: number, message: number): void {
    this.#entries.splice(this.#placeOf(at, message), 0, [at, message]);
  }

  remove(at: number, message: number): void {
    const place = this.#placeOf(at, message);
    const entry = this.#entries.at(place);
    if (entry && entry[0] === at && entry[1] === message) this.#entries.splice(place, 1);
  }

  read(after?: AgendaEntry): Iterable<AgendaEntry> {
    if (after === undefined) return this.#entries;
    const [at, message] = after;
    return this.#entries.slice(this.#placeOf(at, message + 1));
  }

  readBack(): Iterable<AgendaEntry> {
    return this.#entries.toReversed();
  }

  #placeOf(at: number, message: number): number {
    let low = 0;
    let high = this.#entries.length;
    if (high > 0 && isBefore(this.#entries[high - 1], at, message)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#entries[middle], at, message)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore([otherAt, other]: AgendaEntry, at: number, message: number): boolean {
  return otherAt < at || (otherAt === at && other < message);
}
