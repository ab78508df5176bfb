import { InsightsBucket, InsightsMark } from '../../lib/index.js';
import { Tally } from '../../lib/insights/tally.js';
import { memoryTables } from '../../lib/storage/memory/memory-tables.js';

/** The part of a storage that insights stand on, without messages: a day's traffic takes milliseconds. */
export class InsightsStorage {
  readonly tally = new Tally(memoryTables().buckets);
  /** What it fails with; undefined: it doesn't. */
  fault?: Error;
  reads = 0;

  async insights(range: { from: number; to: number }): Promise<InsightsBucket[]> {
    this.reads += 1;
    if (this.fault) throw this.fault;
    return this.tally.read(range);
  }

  async markInsights(mark: InsightsMark): Promise<boolean> {
    return this.tally.mark(mark);
  }
}
