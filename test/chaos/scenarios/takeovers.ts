import { setTimeout as sleep } from 'node:timers/promises';
import { filter, type Observable, take, toArray } from 'rxjs';
import { mostWithin, spread } from '../harness/figures.js';
import { Load } from '../harness/load.js';
import type { Told } from '../harness/protocol.js';
import { SeededRandom } from '../harness/random.js';
import { takeTally } from '../harness/tally.js';
import { chaosTime } from '../harness/time.js';
import { firstOf } from '../harness/wait.js';
import { inWorld, type Scenario } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

const WORKERS = 4;
const CONCURRENCY = 10;
const PROMISED = 5_000;
const RATE_LIMIT = { max: 100, duration: 5_000 };
/** The sandbox sees requests a little later than they start, and not each as much later. */
const JITTER = 250;
const PATIENCE = 30_000;

/** Processes of one cluster on one store; the one that delivers is killed again and again. */
export const takeovers: Scenario = {
  name: 'takeovers',
  unit: 'takeovers',
  whole: 50,
  run: ({ seed, rounds, onProgress }) => {
    const delivery = { concurrency: CONCURRENCY, rateLimit: RATE_LIMIT };
    return inWorld({ service: { workers: WORKERS, module: { delivery } } }, async (world) => {
      const { service, provider } = world;
      const random = new SeededRandom(seed);
      // A little more than the limit lets go: there is always something to deliver.
      const load = new Load(service, random.fork(-1), { rate: 25, concurrency: 100 });
      const listening = service.told$.pipe(filter(({ kind }) => kind === 'listening'));
      const delivered = service.told$.pipe(
        filter((told) => told.kind === 'event' && told.event.type === 'delivered'),
      );

      await firstOf(listening.pipe(take(WORKERS - 1), toArray()), 'the other workers');
      load.start();
      let { pid } = await firstOf(delivered, 'a delivery');
      const gaps: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await sleep(random.fork(round).integer(0, 1_500));
        const killedAt = chaosTime();
        const replaced = firstOf(listening, 'another worker');
        const successor = firstOf(byAnother(delivered, pid), 'a delivery by another worker');
        service.killWorker(pid);
        const first = await successor;
        pid = first.pid;
        gaps.push(first.at - killedAt);
        await replaced;
        onProgress?.(round + 1, rounds);
      }
      await load.stop();
      const pending = await service.drain(load.verifications.length * 100 + PATIENCE);

      const tally = await takeTally(load.verifications, world, { concurrency: CONCURRENCY });
      const reports = (await provider.requests()).filter(({ messageUuid }) => messageUuid);
      const most = mostWithin(
        reports.map(({ receivedAt }) => receivedAt),
        RATE_LIMIT.duration - JITTER,
      );
      const limit = `${RATE_LIMIT.max} in ${RATE_LIMIT.duration / 1_000} s`;
      return {
        figures: [
          { name: 'processes', value: WORKERS },
          { name: 'the one that delivers was killed', value: gaps.length },
          { name: 'until another delivered', value: spread(gaps), promised: 'at most 5,000 ms' },
          { name: 'most requests in 5 s, over all processes', value: most, promised: limit },
          ...tallyFigures(tally),
        ],
        violations: [
          ...gaps
            .filter((gap) => gap > PROMISED)
            .map((gap) => `after a kill nothing was delivered for ${Math.round(gap)} ms`),
          ...(most > RATE_LIMIT.max
            ? [`${most} requests in 5 s, where ${limit} is the limit`]
            : []),
          ...(pending > 0 ? [`${pending} reports were pending long after all was well`] : []),
          ...tally.violations,
        ],
      };
    });
  },
};

function byAnother(told$: Observable<Told>, pid: number): Observable<Told> {
  return told$.pipe(filter((told) => told.pid !== pid));
}
