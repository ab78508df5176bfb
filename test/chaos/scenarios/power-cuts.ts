import { crashAgainAndAgain } from '../harness/crashes.js';
import { Load } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import { takeTally } from '../harness/tally.js';
import type { Verification } from '../harness/verification.js';
import { inWorld, type Scenario, type ScenarioOptions, type ScenarioResult } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

/** What was confirmed so many ms before a power cut may be forgotten. */
const GRACE = 50;
const PATIENCE = 90_000;

/** Of an lmdb that is opened next: it forgets all that wasn't flushed, as after a power cut. */
const FORGETFUL = { LMDB_RESTORE: 'safe' };

/** Power cuts under load, at the default durability. */
export const powerCuts: Scenario = {
  name: 'power-cuts',
  unit: 'power cuts',
  whole: 100,
  run: (options) => cutThePower('committed', options),
};

/** The same with the durability that stands them. */
export const powerCutsFlushed: Scenario = {
  name: 'power-cuts-flushed',
  unit: 'power cuts',
  whole: 100,
  run: (options) => cutThePower('flushed', options),
};

function cutThePower(
  durability: 'committed' | 'flushed',
  { seed, rounds, onProgress }: ScenarioOptions,
): Promise<ScenarioResult> {
  const service = { durability, module: { delivery: { rateLimit: false } } } as const;
  return inWorld({ service }, async (world) => {
    const random = new SeededRandom(seed);
    const load = new Load(world.service, random.fork(-1), { rate: 45, concurrency: 150 });
    load.start();
    await crashAgainAndAgain({ ...world, load }, random, {
      crashes: rounds,
      longestLife: 5_000,
      env: FORGETFUL,
      troubled: false,
      onCrash: (cuts) => onProgress?.(cuts, rounds),
    });
    await load.stop();
    const pending = await world.service.drain(PATIENCE);

    const cuts = world.service.killedAt;
    const ageAtCut = (confirmedAt: number): number =>
      (cuts.find((at) => at >= confirmedAt) ?? Infinity) - confirmedAt;
    const tally = await takeTally(load.verifications, world, {
      // A power cut forgets notes as well, so that more than what was in flight comes again.
      concurrency: Infinity,
      forgivable: durability === 'committed' ? (at) => ageAtCut(at) < GRACE : undefined,
    });
    const ages = tally.forgotten
      .flatMap(confirmations)
      .map(ageAtCut)
      .filter((age) => age < GRACE);
    return {
      figures: [
        { name: 'power cuts, after each of which it opened', value: cuts.length },
        ...tallyFigures(tally),
        {
          name: `confirmed less than ${GRACE} ms before, and forgotten`,
          value: tally.verdicts.forgotten,
          promised: durability === 'flushed' ? '0' : undefined,
        },
        { name: 'longest before, in ms', value: Math.round(Math.max(0, ...ages)) },
        { name: 'pending long after all was well', value: pending, promised: '0' },
      ],
      violations: [
        ...tally.violations,
        ...(pending > 0 ? [`${pending} reports were pending long after all was well`] : []),
      ],
    };
  });
}

function confirmations({ messages, acceptances }: Verification): number[] {
  return [
    ...messages.map(({ trackedAt }) => trackedAt),
    ...acceptances.map(({ settledAt }) => settledAt),
  ].filter((at) => at !== undefined);
}
