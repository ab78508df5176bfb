import { join } from 'node:path';
import { alternate } from '../harness/alternate.js';
import { Stage } from '../harness/stage.js';
import type { LmdbPut } from '../processes/lmdb-put.js';
import { assertRight, type Row } from './row.js';

const CALLERS = 64;
const COUNT = 20_000;

/** How many messages are tracked and settled in a second. */
export const settling: Row = {
  name: 'settling',
  what: 'messages settled, and tracked, in a second: durably, by 64 callers',
  against: 'lmdb’s own put by 64 callers',
  figures: [
    { name: 'settling', unit: 'in a second', compare: 'ratio', goal: { atLeast: 0.5 } },
    { name: 'tracking', unit: 'in a second', compare: 'ratio', goal: { atLeast: 0.35 } },
  ],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const count = size(COUNT);
      const rate = ({ ms }: { ms: number }): number => (count * 1_000) / ms;
      const { url } = await stage.provider();
      const put = stage.start<LmdbPut>('lmdb-put.js', { path: await stage.folder() });
      const app = stage.app({
        platform: 'express',
        handler: 'tracked',
        storage: { kind: 'lmdb', path: join(await stage.folder(), 'store') },
        provider: url,
        delivery: false,
      });
      const samples = await alternate(
        rounds,
        {
          put: async () => rate(await put.ask('put', CALLERS, count)),
          track: async (round) => rate(await app.ask('track', round * count, count, CALLERS)),
          settle: async (round) => rate(await app.ask('settle', round * count, count, CALLERS)),
        },
        onRound,
      );
      const { open, pending } = await app.ask('counts');
      const recorded = (rounds + 1) * count;
      assertRight(
        open === 0 && pending === recorded,
        `of ${recorded} messages ${pending} are pending and ${open} open`,
      );
      return {
        settling: { ours: samples.settle, peer: samples.put },
        tracking: { ours: samples.track, peer: samples.put },
      };
    }),
};
