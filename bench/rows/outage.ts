import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../test/chaos/harness/quantile.js';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { PacedLoad } from '../processes/pace.js';
import { PER_SECOND, PLIVO_LIMIT } from './drain.js';
import type { Row } from './row.js';

const AWAY = 60_000;
const WARM_UP = 5_000;

/** Two apps under the same load at the same time; the provider of one goes away. */
export const outage: Row = {
  name: 'outage',
  what: 'p99 latency of a verify handler on lmdb while the provider is down for 60 s',
  against: 'the same app with the provider up, at the same time',
  figures: [
    { name: 'p99', unit: 'ms', compare: 'ratio', goal: { atMost: 1.1 } },
    {
      name: 'drained after',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.99 },
      against: 'the rate limit',
    },
  ],
  measure: ({ rounds, span, onRound }) =>
    Stage.for(async (stage) => {
      const options = { platform: 'express', delivery: { rateLimit: PLIVO_LIMIT } } as const;
      const away = await Side.start(stage, 'lmdb', options);
      const up = await Side.start(stage, 'lmdb', options);
      const [toAway, toUp] = [stage.start<PacedLoad>('pace.js'), stage.start<PacedLoad>('pace.js')];
      const both = (ms: number) =>
        Promise.all([away.pace(toAway, PER_SECOND, ms), up.pace(toUp, PER_SECOND, ms)]);
      await both(WARM_UP);
      await away.provider.ask('be', 'refuse');
      const [ofAway, ofUp] = await both(span(AWAY));
      await away.assertNothingLost();
      await away.provider.ask('be', 'answer');

      const returned = chaosTime();
      const drained: number[] = [];
      await away.provider.ask('nextAsked');
      let before = await away.provider.ask('taken');
      // As long as what is left lasts for sure.
      const part = (0.9 * (span(AWAY) - (chaosTime() - returned))) / rounds;
      for (let round = 1; round <= rounds; round += 1) {
        await sleep(part);
        const now = await away.provider.ask('taken');
        drained.push(((now.distinct - before.distinct) * 1_000) / (now.at - before.at));
        before = now;
        onRound?.(round);
      }
      await away.assertAllDelivered();
      await up.assertAllDelivered();
      return {
        p99: { ours: p99s(ofAway.took, rounds), peer: p99s(ofUp.took, rounds) },
        'drained after': { ours: drained, peer: drained.map(() => PER_SECOND) },
      };
    }),
};

/** Of so many parts of a row of times, in turn. */
function p99s(took: readonly number[], parts: number): number[] {
  const length = Math.floor(took.length / parts);
  return Array.from({ length: parts }, (_, part) =>
    quantile(took.slice(part * length, (part + 1) * length), 0.99),
  );
}
