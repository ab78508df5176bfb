import { setTimeout as sleep } from 'node:timers/promises';
import { filter } from 'rxjs';
import { type Redis, startRedis } from '../../support/redis.js';
import { Load } from '../harness/load.js';
import { SeededRandom } from '../harness/random.js';
import type { Service } from '../harness/service.js';
import { takeTally } from '../harness/tally.js';
import { chaosTime } from '../harness/time.js';
import { providerTroubles, type ProviderTrouble } from '../harness/trouble.js';
import {
  inWorld,
  type Figure,
  type Scenario,
  type ScenarioOptions,
  type ScenarioResult,
} from './scenario.js';
import { tallyFigures } from './tally-figures.js';

const WORKERS = 3;
const CONCURRENCY = 10;
/** Longest time without a delivery at the end, in ms: a refused line asks again every minute. */
const PATIENCE = 90_000;

/**
 * What Redis acknowledged so many ms before it is killed may be gone where it isn't flushed each time:
 * while the disk is busy with the flush of a second before, Redis puts off to write.
 */
const GRACE = 2_000;

type Flushes = 'always' | 'everysec';

/** Three processes on one Redis: kill -9 of a process and of Redis in turn, under load. */
export const redisKills: Scenario = {
  name: 'redis-kills',
  unit: 'kills',
  whole: 100,
  run: (options) => killInTurn('always', options),
};

/** The same with a Redis that flushes as it comes. */
export const redisKillsEverySecond: Scenario = {
  name: 'redis-kills-everysec',
  unit: 'kills',
  whole: 100,
  run: (options) => killInTurn('everysec', options),
};

async function killInTurn(
  appendfsync: Flushes,
  { seed, rounds, onProgress }: ScenarioOptions,
): Promise<ScenarioResult> {
  const redis = await startRedis({ appendfsync });
  const module = { delivery: { concurrency: CONCURRENCY, rateLimit: false } } as const;
  const settings = { redis: redis.port, workers: WORKERS, module, wire: true };
  try {
    return await inWorld({ service: settings }, async (world) => {
      const { service, provider } = world;
      const random = new SeededRandom(seed);
      const running = workersOf(service);
      const load = new Load(service, random.fork(-1), { rate: 45, concurrency: 150 });
      load.start();
      let kills = 0;
      const redisKilledAt: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const drawn = random.fork(round);
        const trouble = drawn.chance(0.3);
        const begin: ProviderTrouble = drawn.pick(Object.values(providerTroubles));
        if (trouble) await begin(provider, drawn);
        await sleep(drawn.integer(100, 2_500));
        if (round % 2 === 0) {
          redisKilledAt.push(chaosTime());
          await killRedis(redis, service, drawn.integer(0, 1_500));
        } else if (running.size > 0) {
          const pid = drawn.pick([...running]);
          running.delete(pid);
          service.killWorker(pid);
          kills += 1;
        }
        if (trouble) await provider.heal();
        onProgress?.(round + 1, rounds);
      }
      await load.stop();
      await provider.heal();
      const backlog = (await service.counts())?.pending ?? NaN;
      const healedAt = chaosTime();
      const pending = await service.drain(PATIENCE);
      const drained = ((chaosTime() - healedAt) / 1_000).toFixed();
      const isForgivable = (confirmedAt: number): boolean =>
        redisKilledAt.some((at) => at >= confirmedAt && at - confirmedAt < GRACE);
      const forgets = appendfsync === 'everysec';
      const tally = await takeTally(load.verifications, world, {
        // A Redis that is killed forgets for all of them what it hadn't answered yet; and where it
        // forgets more, it forgets notes as well.
        concurrency: forgets ? Infinity : WORKERS * CONCURRENCY,
        forgivable: forgets ? isForgivable : undefined,
        allDeliver: true,
      });
      const forgotten: Figure = {
        name: `acknowledged less than ${GRACE} ms before Redis was killed, and gone`,
        value: tally.verdicts.forgotten,
      };
      const late = `${pending} reports were pending, and none went out for ${PATIENCE / 1_000} s`;
      return {
        figures: [
          { name: 'kills of a process', value: kills },
          { name: 'kills of Redis', value: redisKilledAt.length },
          ...tallyFigures(tally),
          ...(forgets ? [forgotten] : []),
          { name: 'pending once all was well', value: backlog },
          { name: 'delivered within, s', value: drained },
          { name: 'pending, and not delivered', value: pending, promised: '0' },
        ],
        violations: [...tally.violations, ...(pending > 0 ? [late] : [])],
      };
    });
  } finally {
    await redis.stop();
  }
}

async function killRedis(redis: Redis, service: Service, away: number): Promise<void> {
  service.killedAt.push(chaosTime());
  await redis.kill();
  await sleep(away);
  await redis.start();
}

/** The processes that take requests now. */
function workersOf(service: Service): Set<number> {
  const running = new Set<number>();
  service.told$
    .pipe(filter(({ kind }) => kind === 'listening'))
    .subscribe(({ pid }) => running.add(pid));
  return running;
}
