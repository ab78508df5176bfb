import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Row } from './row.js';

const CONNECTIONS = 50;
const PROVIDER_TAKES = 100;
const REQUESTS_OF_OURS = 15_000;
const REQUESTS_OF_THEIRS = 1_500;

/** What a login gains that doesn't wait for the provider. */
export const awaiting: Row = {
  name: 'awaiting',
  what: 'p50 latency with lmdb, the provider answering in 100 ms, 50 connections',
  against: 'a handler that awaits a hand-written axios POST',
  figures: [{ name: 'p50', unit: 'ms', compare: 'ratio', goal: { atMost: 1 / 15 } }],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const load = stage.start<SaturatingLoad>('saturate.js');
      const options = { platform: 'express', delay: PROVIDER_TAKES } as const;
      const byHand = await Side.start(stage, 'awaiting', options);
      const lmdb = await Side.start(stage, 'lmdb', options);
      const p50 = (side: Side, requests: number) => async () =>
        (await side.saturate(load, CONNECTIONS, size(requests))).p50;
      const sides = { peer: p50(byHand, REQUESTS_OF_THEIRS), ours: p50(lmdb, REQUESTS_OF_OURS) };
      return { p50: await alternate(rounds, sides, onRound) };
    }),
};
