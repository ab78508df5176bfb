import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { merge } from 'rxjs';
import { Balancer } from '../harness/balancer.js';
import { inFreshFolder } from '../harness/fresh-folder.js';
import { Load } from '../harness/load.js';
import { Provider } from '../harness/provider.js';
import { SeededRandom } from '../harness/random.js';
import { Records } from '../harness/records.js';
import { Service } from '../harness/service.js';
import { takeTally } from '../harness/tally.js';
import { chaosTime } from '../harness/time.js';
import type { Scenario, ScenarioResult } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

/** Verifications that start in a second: 200 requests, since most have two and some have more. */
const RATE = 92;
const CONCURRENCY = 10;
/** The module's default, in ms. */
const SHUTDOWN_TIMEOUT = 5_000;
/** What a shutdown may take beyond it, in ms. */
const ALLOWANCE = 1_000;
/** Ms of load between two restarts. */
const CALM = 500;
/** Longest wait for what is pending at the end, in ms. */
const PATIENCE = 90_000;

/**
 * How late the provider answers reports while a rolling restart goes on, in ms, in turn: at once; so
 * that a shutdown has requests to wait for; so that it can't wait for them.
 */
const DELAYS = [0, 2_000, 2 * SHUTDOWN_TIMEOUT];

/** How a process ended. */
interface End {
  readonly at: number;
  /** Ms since it was asked to. */
  readonly took: number;
  readonly how: number | NodeJS.Signals;
}

/**
 * Two processes on one store, restarted one after the other, round after round, under load. At first
 * the one that ends gets no requests any more, as a load balancer does it; in every fifth round it
 * does, until it ends: what that cuts is the client's to try again.
 */
export const rollingRestarts: Scenario = {
  name: 'rolling-restarts',
  unit: 'rolling restarts',
  whole: 20,
  run: ({ seed, rounds, onProgress }) =>
    inFreshFolder(async (folder) => {
      const path = join(folder, 'store');
      const provider = await Provider.start();
      const services: Service[] = [];
      try {
        const module = { delivery: { concurrency: CONCURRENCY, rateLimit: false } } as const;
        for (let i = 0; i < 2; i += 1)
          services.push(await Service.start(provider, { path, module }));
        return await restartInTurn(provider, services, new SeededRandom(seed), rounds, onProgress);
      } finally {
        await Promise.all(services.map((service) => service.stop()));
        await provider.stop();
      }
    }),
};

async function restartInTurn(
  provider: Provider,
  services: readonly Service[],
  random: SeededRandom,
  rounds: number,
  onProgress?: (done: number, total: number) => void,
): Promise<ScenarioResult> {
  const records = new Records({ told$: merge(...services.map(({ told$ }) => told$)) });
  const balancer = new Balancer(services);
  const load = new Load(balancer, random, { rate: RATE, concurrency: 400 });
  const ends: End[] = [];
  let cutByRudeness = 0;
  load.start();
  const begun = chaosTime();
  for (let round = 0; round < rounds; round += 1) {
    const delay = DELAYS[round % DELAYS.length];
    if (delay > 0) await provider.fail({ on: 'conversion', times: Infinity, delay });
    const rude = round % 5 === 4;
    const unansweredBefore = balancer.unanswered;
    for (const service of services) {
      await sleep(CALM);
      ends.push(await restart(service, balancer, rude));
    }
    if (rude) cutByRudeness += balancer.unanswered - unansweredBefore;
    await provider.heal();
    onProgress?.(round + 1, rounds);
  }
  const seconds = (chaosTime() - begun) / 1_000;
  const { requests } = balancer;
  await load.stop();
  const pending = await services[0].drain(PATIENCE);
  const tally = await takeTally(
    load.verifications,
    {
      provider,
      records,
      service: { killedAt: ends.map(({ at }) => at), failed: () => services[0].failed() },
    },
    { concurrency: CONCURRENCY },
  );

  const limit = SHUTDOWN_TIMEOUT + ALLOWANCE;
  const unanswered = balancer.unanswered - cutByRudeness;
  return {
    figures: [
      { name: 'rolling restarts', value: rounds },
      { name: 'processes ended and started again', value: ends.length },
      { name: 'requests a second', value: Math.round(requests / seconds), promised: '200' },
      {
        name: 'longest end of a process, ms',
        value: Math.round(Math.max(...ends.map(({ took }) => took))),
        promised: `at most ${limit}`,
      },
      { name: 'requests', value: balancer.requests },
      { name: 'without an answer, process taken out before', value: unanswered, promised: '0' },
      { name: 'without an answer, process not taken out', value: cutByRudeness },
      { name: 'answered with 5xx', value: balancer.erred, promised: '0' },
      ...tallyFigures(tally),
      { name: 'pending long after the last restart', value: pending, promised: '0' },
    ],
    violations: [
      ...tally.violations,
      ...ends.flatMap(({ took, how }) => [
        ...(took > limit ? [`a process took ${Math.round(took)} ms to end`] : []),
        ...(how === 0 || how === 'SIGTERM' ? [] : [`a process ended by ${how}`]),
      ]),
      ...(unanswered > 0 ? [`${unanswered} requests to a living process had no answer`] : []),
      ...(balancer.erred > 0 ? [`${balancer.erred} requests were answered with 5xx`] : []),
      ...(pending > 0 ? [`${pending} reports were pending long after the last restart`] : []),
    ],
  };
}

/** @param rude whether requests are sent to it until it is gone */
async function restart(service: Service, balancer: Balancer, rude: boolean): Promise<End> {
  if (!rude) balancer.takeOut(service);
  const begun = chaosTime();
  const how = await service.terminate();
  const at = chaosTime();
  if (rude) balancer.takeOut(service);
  service.spawn();
  await service.url;
  balancer.putBack(service);
  return { at, took: at - begun, how };
}
