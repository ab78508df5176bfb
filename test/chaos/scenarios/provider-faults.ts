import { setTimeout as sleep } from 'node:timers/promises';
import { backlogOf } from '../harness/backlog.js';
import { typeRight } from '../harness/load.js';
import { quantile, ratioOf, type Slice } from '../harness/quantile.js';
import { SeededRandom } from '../harness/random.js';
import { chaosTime } from '../harness/time.js';
import { providerTroubles, type ProviderTrouble } from '../harness/trouble.js';
import type { Verification } from '../harness/verification.js';
import { inWorld, type Figure, type Scenario, type World } from './scenario.js';

/** Ms between two logins; each goes to the calm app or the troubled one in turn. */
const PACE = 10;
const PROMISED_RATIO = 1.1;
/** Logins of either app that count as made at the same moment. */
const SLICE = 50;
/** Longest wait between two kinds of trouble, in ms, so that one doesn't hide the next. */
const RECOVERY = 20_000;

const settings = { module: { delivery: { rateLimit: false } } } as const;

/**
 * Verify responses of an app whose provider is sick beside those of one whose provider is well: one
 * request to either in turn, in an order that changes, so that the machine's noise hits both.
 */
export const providerFaults: Scenario = {
  name: 'provider-faults',
  unit: 'logins of each kind',
  whole: 4_000,
  run: ({ seed, rounds, onProgress }) =>
    inWorld({ service: settings }, (calmWorld) =>
      inWorld({ service: settings }, async (sickWorld) => {
        const figures: Figure[] = [];
        const violations: string[] = [];
        const missed: string[] = [];
        const kinds = Object.entries(providerTroubles) as [string, ProviderTrouble][];
        for (const [index, [name, begin]] of kinds.entries()) {
          const random = new SeededRandom(seed).fork(index);
          const { slices, wrong } = await sideBySide(calmWorld, sickWorld, begin, random, rounds);
          const { value, low, high } = ratioOf(slices, 0.99, random);
          const troubled = slices.flatMap(({ ours }) => ours);
          const calm = slices.flatMap(({ peer }) => peer);
          figures.push({
            name: `${name}: p99 (95 % bounds); p99, p50 (calm)`,
            value: `${value.toFixed(2)} x (${low.toFixed(2)} to ${high.toFixed(2)}); ${inMs(troubled, 0.99)} (${inMs(calm, 0.99)}), ${inMs(troubled, 0.5)} (${inMs(calm, 0.5)})`,
            promised: `p99 at most ${PROMISED_RATIO} x`,
          });
          if (value > PROMISED_RATIO) missed.push(`${name}: p99 is ${value.toFixed(2)} x the calm`);
          violations.push(...wrong.map((answer) => `${name}: ${answer}`));
          await sickWorld.provider.heal();
          await sickWorld.service.drain(RECOVERY);
          onProgress?.((index + 1) * rounds, kinds.length * rounds);
        }
        figures.push({ name: 'failed responses', value: violations.length, promised: '0' });
        return { figures, violations, missed };
      }),
    ),
};

async function sideBySide(
  calmWorld: World,
  sickWorld: World,
  begin: ProviderTrouble,
  random: SeededRandom,
  count: number,
) {
  const sides = await Promise.all(
    [calmWorld, sickWorld].map(async ({ service }) => ({
      service,
      took: [] as number[],
      logins: await backlogOf(service, count),
    })),
  );
  await begin(sickWorld.provider, random);
  const [calm, sick] = sides;
  const begun = chaosTime();
  for (let i = 0; i < count; i += 1) {
    for (const side of random.chance(0.5) ? [calm, sick] : [sick, calm]) {
      const from = performance.now();
      await typeRight(side.service, side.logins[i], 1);
      side.took.push(performance.now() - from);
    }
    await sleep(Math.max(0, begun + i * PACE - chaosTime()));
  }
  const slices: Slice[] = [];
  for (let from = 0; from < count; from += SLICE) {
    const [ours, peer] = [sick, calm].map(({ took }) => took.slice(from, from + SLICE));
    slices.push({ ours, peer });
  }
  return {
    slices,
    wrong: sides.flatMap(({ logins }) => logins.flatMap(failures)),
  };
}

function failures({ acceptances, wrongAnswers }: Verification): readonly string[] {
  return acceptances.length > 0 ? wrongAnswers : ['a login got no answer'];
}

function inMs(took: readonly number[], share: number): string {
  return `${quantile(took, share).toFixed(1)} ms`;
}
