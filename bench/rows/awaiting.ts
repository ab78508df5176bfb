import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Row, Samples } from './row.js';

const CONNECTIONS = 50;
const PROVIDER_TAKES = 100;
const REQUESTS_OF_OURS = 15_000;
const REQUESTS_OF_THEIRS = 1_500;
const PLATFORMS = { Express: 'express', Fastify: 'fastify' } as const;

/** What a login gains that doesn't wait for the provider: as many as the app can serve, at once. */
export const awaiting: Row = {
  name: 'awaiting',
  what: 'p50 latency with lmdb, the provider answering in 100 ms, 50 connections',
  against: 'a handler that awaits a hand-written axios POST',
  figures: Object.keys(PLATFORMS).flatMap((name) => [
    { name, unit: 'ms', compare: 'ratio', goal: { atMost: 1 / 15 } },
    { name: `${name}, undecorated`, unit: 'ms', compare: 'ratio' },
  ]),
  async measure({ rounds, size, onRound }) {
    const samples: Record<string, Samples> = {};
    for (const [index, [name, platform]] of Object.entries(PLATFORMS).entries()) {
      const { byHand, lmdb, plain } = await Stage.for(async (stage) => {
        const load = stage.start<SaturatingLoad>('saturate.js');
        const p50 = async (kind: 'awaiting' | 'lmdb' | 'plain', requests: number) => {
          const side = await Side.start(stage, kind, { platform, delay: PROVIDER_TAKES });
          return async () => (await side.saturate(load, CONNECTIONS, size(requests))).p50;
        };
        const sides = {
          byHand: await p50('awaiting', REQUESTS_OF_THEIRS),
          lmdb: await p50('lmdb', REQUESTS_OF_OURS),
          plain: await p50('plain', REQUESTS_OF_OURS),
        };
        return alternate(rounds, sides, (round) =>
          onRound?.(((index + round / rounds) * rounds) / 2),
        );
      });
      samples[name] = { ours: lmdb, peer: byHand };
      samples[`${name}, undecorated`] = { ours: plain, peer: byHand };
    }
    return samples;
  },
};
