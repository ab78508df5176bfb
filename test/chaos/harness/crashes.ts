import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from './load.js';
import type { Provider } from './provider.js';
import type { SeededRandom } from './random.js';
import type { Service } from './service.js';
import { providerTroubles, type ProviderTrouble } from './trouble.js';

const HOUR = 3_600_000;

/** Something that goes wrong between two crashes; returns how it is put right again. */
type Trouble = (world: CrashWorld, random: SeededRandom) => Promise<() => Promise<void> | void>;

interface CrashWorld {
  readonly service: Service;
  readonly provider: Provider;
  readonly load: Load;
}

const sickProvider =
  (begin: ProviderTrouble): Trouble =>
  async ({ provider }, random) => {
    await begin(provider, random);
    return () => provider.heal();
  };

const steppedClock =
  (ms: number): Trouble =>
  async ({ service }) => {
    await service.stepClock(ms);
    return () => service.stepClock(0);
  };

/** All that goes wrong, by name. */
const troubles: Record<string, Trouble> = {
  ...Object.fromEntries(
    Object.entries(providerTroubles).map(([name, begin]) => [name, sickProvider(begin)]),
  ),
  'event loop stalls': async ({ service }, random) => {
    void service.post('/stall', { ms: random.integer(500, 5_000) });
    return () => {};
  },
  'clock an hour ahead': steppedClock(HOUR),
  'clock an hour behind': steppedClock(-HOUR),
  '10 times the load': async ({ load }) => {
    const before = load.rate;
    load.rate = 10 * before;
    return () => {
      load.rate = before;
    };
  },
};

export interface CrashPlan {
  readonly crashes: number;
  /** Longest life of a process between two crashes, in ms. */
  readonly longestLife: number;
  /** Environment of each process that follows a crash. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether other things go wrong as well. */
  readonly troubled: boolean;
  readonly onCrash?: (crashes: number) => void;
}

/**
 * Kills the service again and again, at moments that the random source draws, also while it boots,
 * and starts it anew at once. Everything is well again when it returns.
 */
export async function crashAgainAndAgain(
  world: CrashWorld,
  random: SeededRandom,
  plan: CrashPlan,
): Promise<void> {
  const { service } = world;
  let crashes = 0;
  const crash = async (): Promise<void> => {
    await service.kill();
    service.spawn(plan.env);
    crashes += 1;
    plan.onCrash?.(crashes);
  };
  for (let round = 0; crashes < plan.crashes; round += 1) {
    const drawn = random.fork(round);
    const life = drawn.integer(50, plan.longestLife);
    const trouble = plan.troubled && drawn.chance(0.6);
    const going = trouble ? goWrong(world, drawn, life) : undefined;
    await sleep(life);
    await crash();
    if (crashes < plan.crashes && drawn.chance(0.1)) {
      await sleep(drawn.integer(0, 1_000));
      await crash();
    }
    await service.url;
    await going;
  }
}

/** One trouble, from a moment of the process's life to another, which may be after its end. */
async function goWrong(world: CrashWorld, random: SeededRandom, life: number): Promise<void> {
  const begin = troubles[random.pick(Object.keys(troubles))];
  await sleep(random.integer(0, life));
  const end = await begin(world, random);
  await sleep(random.integer(100, 3_000));
  await end();
}
