import { crashAgainAndAgain } from '../harness/crashes.js';
import { Load } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import { chaosTime } from '../harness/time.js';
import { takeTally } from '../harness/tally.js';
import { inWorld, type Scenario } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

const CONCURRENCY = 10;
/** Longest time without a delivery at the end, in ms: a refused line asks again every minute. */
const PATIENCE = 90_000;
const HOUR = 3_600_000;

/** kill -9 at any moment under load, with a sick provider, a stepped clock and bursts between. */
export const kills: Scenario = {
  name: 'kills',
  unit: 'kills',
  whole: 200,
  run: ({ seed, rounds, onProgress }) => {
    const service = {
      module: { delivery: { concurrency: CONCURRENCY, rateLimit: false } },
    } as const;
    return inWorld({ service }, async (world) => {
      const random = new SeededRandom(seed);
      const load = new Load(world.service, random.fork(-1), { rate: 45, concurrency: 150 });
      load.start();
      await crashAgainAndAgain({ ...world, load }, random, {
        crashes: rounds,
        longestLife: 6_000,
        troubled: true,
        onCrash: (crashes) => onProgress?.(crashes, rounds),
      });
      await load.stop();
      await world.provider.heal();
      const healedAt = chaosTime();
      const backlog = (await world.service.counts())?.pending ?? NaN;
      const pending = await world.service.drain(PATIENCE);
      const drained = ((chaosTime() - healedAt) / 1_000).toFixed();
      if (pending > 0) {
        await world.service.stepClock(HOUR);
        await world.service.drain(PATIENCE);
      }
      const tally = await takeTally(load.verifications, world, { concurrency: CONCURRENCY });
      const late = `${pending} reports were pending, and none went out for ${PATIENCE / 1_000} s`;
      return {
        figures: [
          { name: 'kills', value: world.service.killedAt.length },
          ...tallyFigures(tally),
          { name: 'pending once all was well', value: backlog },
          { name: 'delivered within, s', value: drained },
          { name: 'pending, and not delivered', value: pending, promised: '0' },
        ],
        violations: [...tally.violations, ...(pending > 0 ? [late] : [])],
      };
    });
  },
};
