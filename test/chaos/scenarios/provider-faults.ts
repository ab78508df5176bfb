import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { backlogOf } from '../harness/backlog.js';
import { typeRight } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import { chaosTime } from '../harness/time.js';
import { providerTroubles, type ProviderTrouble } from '../harness/trouble.js';
import type { Verification } from '../harness/verification.js';
import { inWorld, type Figure, type Scenario, type World } from './scenario.js';

/** Ms between two logins; each goes to the calm app or the troubled one in turn. */
const PACE = 10;
const PROMISED_RATIO = 1.1;
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
          const measured = await sideBySide(calmWorld, sickWorld, begin, random, rounds);
          const { calm, troubled } = measured;
          const ratio = troubled.percentile(99) / calm.percentile(99);
          figures.push({
            name: `${name}: p99, p50 (calm)`,
            value: `${inMs(troubled, 99)} (${inMs(calm, 99)}), ${inMs(troubled, 50)} (${inMs(calm, 50)})`,
            promised: `p99 at most ${PROMISED_RATIO} x`,
          });
          if (ratio > PROMISED_RATIO) missed.push(`${name}: p99 is ${ratio.toFixed(2)} x the calm`);
          violations.push(...measured.wrong.map((answer) => `${name}: ${answer}`));
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
      histogram: createHistogram(),
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
      side.histogram.record(Math.max(1, Math.round((performance.now() - from) * 1_000)));
    }
    await sleep(Math.max(0, begun + i * PACE - chaosTime()));
  }
  return {
    calm: calm.histogram,
    troubled: sick.histogram,
    wrong: sides.flatMap(({ logins }) => logins.flatMap(failures)),
  };
}

function failures({ acceptances, wrongAnswers }: Verification): readonly string[] {
  return acceptances.length > 0 ? wrongAnswers : ['a login got no answer'];
}

function inMs(histogram: RecordableHistogram, percentile: number): string {
  return `${(histogram.percentile(percentile) / 1_000).toFixed(1)} ms`;
}
