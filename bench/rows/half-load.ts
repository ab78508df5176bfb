import { quantile } from '../../test/chaos/harness/quantile.js';
import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { PacedLoad } from '../processes/pace.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Row, Samples } from './row.js';

const CONNECTIONS = 50;
const TO_SATURATE = 15_000;
const SPAN = 4_000;
const PLATFORMS = { Express: 'express', Fastify: 'fastify' } as const;

/** Latency of a decorated verify handler at half the load that saturates it. */
export const halfLoad: Row = {
  name: 'half-load',
  what: 'p99 latency of a decorated verify handler on lmdb at half the load that saturates it',
  against: 'the undecorated handler at the same rate',
  figures: Object.keys(PLATFORMS).map((name) => {
    return { name, unit: 'ms', compare: 'ratio', goal: { atMost: 1.25 } };
  }),
  async measure({ rounds, size, span, onRound }) {
    const samples: Record<string, Samples> = {};
    for (const [index, [name, platform]] of Object.entries(PLATFORMS).entries()) {
      samples[name] = await Stage.for(async (stage) => {
        const saturating = stage.start<SaturatingLoad>('saturate.js');
        const paced = stage.start<PacedLoad>('pace.js');
        const plain = await Side.start(stage, 'plain', { platform });
        const lmdb = await Side.start(stage, 'lmdb', { platform });
        // Both are warm then, too.
        await plain.saturate(saturating, CONNECTIONS, size(TO_SATURATE));
        await lmdb.saturate(saturating, CONNECTIONS, size(TO_SATURATE));
        const { perSecond } = await lmdb.saturate(saturating, CONNECTIONS, size(TO_SATURATE));
        const rate = perSecond / 2;
        // All at once: what tracking leaves to collect would be collected while logins wait.
        for (const side of [plain, lmdb])
          await side.prepare(Math.ceil((rate * span(SPAN)) / 1_000) * (rounds + 1));
        const p99 = (side: Side) => async () =>
          quantile((await side.pace(paced, rate, span(SPAN))).took, 0.99);
        const sides = { peer: p99(plain), ours: p99(lmdb) };
        const both = await alternate(rounds, sides, (round) =>
          onRound?.(((index + round / rounds) * rounds) / 2),
        );
        await lmdb.assertNothingLost();
        return both;
      });
    }
    return samples;
  },
};
