import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../../test/chaos/harness/quantile.js';
import { alternate } from '../harness/alternate.js';
import { deliverer, fill } from '../harness/backlog.js';
import { Stage } from '../harness/stage.js';
import { assertRight, type Row } from './row.js';

const MANY = 1_000_000;
const FEW = 1_000;
const WARM_UP = 2_000;
const COUNT = 4_000;
const CALLS = 200;
const IN_FLIGHT = 10;
const MIB = 1_048_576;

/** A process with very many reports pending does as well as one with few. */
export const million: Row = {
  name: 'million',
  what: '1,000,000 pending reports on lmdb',
  against: 'the same process with 1,000',
  figures: [
    {
      name: 'anonymous memory',
      unit: 'MiB',
      compare: 'difference',
      goal: { atMost: 8 },
    },
    {
      name: 'CPU to track, settle and deliver a report',
      unit: 'µs',
      compare: 'ratio',
      goal: { atMost: 1.2 },
    },
    {
      name: 'file for a report',
      unit: 'bytes',
      compare: 'alone',
      goal: { atMost: 500 },
      against: '—',
    },
    { name: 'p99 of counts()', unit: 'ms', compare: 'alone', goal: { atMost: 1 }, against: '—' },
  ],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const { remote: provider, url } = await stage.provider();
      const many = join(await stage.folder(), 'store');
      const fileEach: number[] = [];
      const portion = Math.floor(size(MANY) / rounds);
      for (let part = 0; part < rounds; part += 1) {
        const before = part === 0 ? 0 : await sizeOf(many);
        await fill(stage, many, { from: part * portion, count: portion });
        fileEach.push(((await sizeOf(many)) - before) / portion);
      }

      const watch = { warmUp: size(WARM_UP), count: size(COUNT), refill: true };
      let left = rounds * portion;
      /** What it costs to keep so many pending, as fast as the provider answers. */
      const live = async (store: string, pending: number) => {
        await provider.ask('reset');
        await provider.ask('be', 'answer');
        const app = stage.app(deliverer(store, url, { delivery: { rateLimit: false }, watch }));
        const { cpu } = (await app.ask('watched'))!;
        await provider.ask('be', 'hang');
        const memory = (await app.ask('anonymousMemory')) / MIB;
        const calls = await app.ask('timeCounts', CALLS);
        const counts = await app.ask('counts');
        const { distinct, wrong } = await provider.ask('taken');
        await app.kill();
        const recorded = pending + watch.warmUp + watch.count;
        const found = counts.pending + distinct;
        assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
        assertRight(
          counts.failed === 0 && found >= recorded && found <= recorded + IN_FLIGHT,
          `of ${recorded} reports ${counts.pending} are pending and ${distinct} delivered`,
        );
        return { memory, cpu: cpu / watch.count, calls, left: counts.pending };
      };
      const lives = await alternate(
        rounds,
        {
          few: async () => {
            const store = join(await stage.folder(), 'store');
            await fill(stage, store, { count: FEW });
            return live(store, FEW);
          },
          many: async () => {
            const lived = await live(many, left);
            left = lived.left;
            return lived;
          },
        },
        onRound,
      );
      const both = (pick: (lived: Awaited<ReturnType<typeof live>>) => number) => {
        return { ours: lives.many.map(pick), peer: lives.few.map(pick) };
      };
      return {
        'anonymous memory': both(({ memory }) => memory),
        'CPU to track, settle and deliver a report': both(({ cpu }) => cpu),
        'file for a report': { ours: fileEach },
        'p99 of counts()': { ours: lives.many.map(({ calls }) => quantile(calls, 0.99)) },
      };
    }),
};

async function sizeOf(store: string): Promise<number> {
  return (await stat(join(store, 'data.mdb'))).size;
}
