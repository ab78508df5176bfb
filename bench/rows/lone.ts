import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { LmdbPut } from '../processes/lmdb-put.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Row } from './row.js';

const REQUESTS = 3_000;

/** What a login that comes alone waits for its recording. */
export const lone: Row = {
  name: 'lone',
  what: 'latency added to a lone request on lmdb: 1 connection, p50, beyond the undecorated handler',
  against: 'one committed put of lmdb’s own, alone',
  figures: [
    { name: 'added', unit: 'ms', compare: 'ratio', goal: { atMost: 2 } },
    { name: 'whole request', unit: 'ms', compare: 'ratio', against: 'undecorated' },
  ],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const load = stage.start<SaturatingLoad>('saturate.js');
      const put = stage.start<LmdbPut>('lmdb-put.js', { path: await stage.folder() });
      const platform = 'express';
      const undecorated = await Side.start(stage, 'plain', { platform });
      const decorated = await Side.start(stage, 'lmdb', { platform });
      const p50 = (side: Side) => async () => (await side.saturate(load, 1, size(REQUESTS))).p50;
      const { plain, lmdb, alone } = await alternate(
        rounds,
        {
          plain: p50(undecorated),
          lmdb: p50(decorated),
          alone: () => put.ask('alone', size(REQUESTS)),
        },
        onRound,
      );
      return {
        added: { ours: lmdb.map((ms, round) => ms - plain[round]), peer: alone },
        'whole request': { ours: lmdb, peer: plain },
      };
    }),
};
