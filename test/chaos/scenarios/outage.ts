import { setTimeout as sleep } from 'node:timers/promises';
import { mostWithin } from '../harness/figures.js';
import { backlogOf, settleAtRate } from '../harness/backlog.js';
import { takeTally } from '../harness/tally.js';
import { chaosTime } from '../harness/time.js';
import { inWorld, type Scenario, type ScenarioOptions, type ScenarioResult } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

const CONCURRENCY = 10;
/** Our default. */
const RATE_LIMIT = { max: 200, duration: 5_000 };
/** Logins a second while the provider is away. */
const RATE = 25;
const PROMISED_PROBES = 2;
const PROMISED_RETURN = 2_000;
/** Ms after which what was in flight when the line came to stand still has failed as well. */
const IN_FLIGHT = 500;
const PATIENCE = 90_000;

/** The provider is away under load; its port is closed. */
export const outageRefused: Scenario = {
  name: 'outage',
  unit: 'seconds away',
  whole: 60,
  run: (options) => goAway('refuse', options),
};

/** The provider is away under load; it accepts connections, and cuts each. */
export const outageCut: Scenario = {
  name: 'outage-cut',
  unit: 'seconds away',
  whole: 60,
  run: (options) => goAway('cut', options),
};

function goAway(
  how: 'refuse' | 'cut',
  { rounds: seconds, onProgress }: ScenarioOptions,
): Promise<ScenarioResult> {
  const service = { module: { delivery: { concurrency: CONCURRENCY, rateLimit: RATE_LIMIT } } };
  return inWorld({ service }, async (world) => {
    const { provider, records } = world;
    const backlog = await backlogOf(world.service, seconds * RATE);

    await provider.down(how);
    const settling = settleAtRate(world.service, backlog, RATE);
    for (let second = 1; second <= seconds; second += 1) {
      await sleep(1_000);
      onProgress?.(second, seconds);
    }
    await settling;
    const pending = (await world.service.counts())!.pending;
    await provider.up();
    const backAt = chaosTime();
    const left = await world.service.drain(PATIENCE);
    const drainedAt = chaosTime();

    // A report that wasn't accepted says so, also where the port was closed.
    const since = records.paused.find(({ cause }) => cause === 'down')!.at + IN_FLIGHT;
    const asked = records.retrying.map(({ at }) => at).filter((at) => at > since && at < backAt);
    const probes = mostWithin(asked, 1_000);
    const firstAfter = Math.min(
      ...records.delivered.map(({ at }) => at).filter((at) => at > backAt),
    );
    const drained = (drainedAt - backAt) / 1_000;
    const allowed = (1.1 * pending * RATE_LIMIT.duration) / RATE_LIMIT.max / 1_000;
    const tally = await takeTally(backlog, world, { concurrency: CONCURRENCY });
    const returned = Math.round(firstAfter - backAt);
    return {
      figures: [
        { name: 'seconds away', value: seconds },
        { name: 'pending at its return', value: pending },
        { name: 'most probes in a second', value: probes, promised: `at most ${PROMISED_PROBES}` },
        {
          name: 'first delivery after its return, in ms',
          value: returned,
          promised: 'at most 2,000',
        },
        {
          name: 'drained after, in s',
          value: drained.toFixed(1),
          promised: `at most ${allowed.toFixed(1)} (1.1 x backlog / rate)`,
        },
        ...tallyFigures(tally),
      ],
      violations: [
        ...tally.violations,
        ...(tally.failed > 0 ? [`${tally.failed} reports failed by the outage`] : []),
        ...(left > 0
          ? [`${left} reports were pending ${PATIENCE / 1_000} s after its return`]
          : []),
        ...(probes > PROMISED_PROBES ? [`${probes} requests within a second of the outage`] : []),
        ...(returned > PROMISED_RETURN ? [`the first delivery came ${returned} ms after`] : []),
        ...(drained > allowed
          ? [`drained in ${drained.toFixed(1)} s of ${allowed.toFixed(1)}`]
          : []),
      ],
    };
  });
}
