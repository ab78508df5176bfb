import { randomUUID } from 'node:crypto';
import { open } from 'lmdb';
import { quantile } from '../../test/chaos/harness/quantile.js';
import { byCallers } from './callers.js';
import { begin, serve } from './serve.js';
import { between, usage } from './vitals.js';

const { path } = begin<{ path: string }>();
const db = open({ path });

const put = (key: string): Promise<boolean> =>
  db.put(key, { status: 'CONVERTED', timestamp: Date.now() });

const commands = {
  /** Puts so many records, each of which is waited for until it is committed. */
  async put(callers: number, count: number) {
    const keys = Array.from({ length: count }, () => randomUUID());
    const before = usage();
    await byCallers(callers, count, (index) => put(keys[index]));
    return between(before, usage());
  },
  /** Median of one put alone, in ms. */
  async alone(count: number): Promise<number> {
    const took: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const key = randomUUID();
      const begun = performance.now();
      await put(key);
      took.push(performance.now() - begun);
    }
    return quantile(took, 0.5);
  },
};

export type LmdbPut = typeof commands;
serve(commands);
