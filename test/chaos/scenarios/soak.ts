import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Vitals } from '../app/vitals.controller.js';
import { get } from '../harness/client.js';
import { inFreshFolder } from '../harness/fresh-folder.js';
import { Load } from '../harness/load.js';
import type { Provider } from '../harness/provider.js';
import { SeededRandom } from '../harness/random.js';
import type { Service } from '../harness/service.js';
import { StoreFile } from '../harness/store-file.js';
import { chaosTime } from '../harness/time.js';
import { type Trend, trendOf } from '../harness/trend.js';
import { providerTroubles } from '../harness/trouble.js';
import { inWorld, type Figure, type Scenario, type World } from './scenario.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MIB = 1_048_576;

/** Verifications that start in a second. */
const RATE = 40;
/** One verification in so many is of a message that the provider doesn't know. */
const POISON = 100;
/** Ms between two looks at the file, and how many of those there are to a look at the process. */
const LOOK = 1_000;
const LOOKS_A_SAMPLE = 10;
/** Longest wait for what is pending at the end, in ms. */
const PATIENCE = 90_000;
/** A run shorter than this, in ms, warms up from its first minute to its last: no slope is judged. */
const JUDGED_FROM = 10 * MINUTE;
/** Descriptors that come and go: connections of the load and to the provider. */
const PASSING_DESCRIPTORS = 20;

interface Sample extends Vitals {
  readonly at: number;
}

/** Steady load with all that is ordinary: expiry, poison, retries, outages, forgetting. */
export const soak: Scenario = {
  name: 'soak',
  unit: 'minutes',
  whole: 30,
  run: ({ seed, rounds, onProgress }) =>
    inFreshFolder((folder) => {
      const path = join(folder, 'store');
      const length = rounds * MINUTE;
      const retention = Math.min(2 * MINUTE, length / 3);
      const module = {
        retention,
        expireAfter: retention / 4,
        delivery: {
          rateLimit: { max: 1_000, duration: 5_000 },
          backoff: { initial: 500, max: 10_000 },
        },
      };
      return inWorld({ service: { path, module } }, async (world) => {
        const random = new SeededRandom(seed);
        const load = new Load(world.service, random.fork(-1), { rate: RATE, concurrency: 200 });
        const stop = new AbortController();
        load.start();
        const background = Promise.all([
          poison(world.service, stop.signal),
          outages(world.provider, random.fork(-2), length, stop.signal),
        ]);
        const seen = await watch(world.service, path, length, (spent) => {
          onProgress?.(Math.floor(spent / MINUTE), rounds);
        });
        stop.abort();
        await Promise.all([load.stop(), background]);
        await world.provider.heal();
        const pending = await untilAllIsSaid(world.service);
        return conclude(world, load, seen, pending);
      });
    }),
};

/** Users whose message the provider doesn't know: it refuses the reports of them, and only those. */
async function poison(service: Service, signal: AbortSignal): Promise<void> {
  while (await pause((1_000 * POISON) / RATE, signal)) {
    const verificationId = randomUUID();
    await service.post('/track', { verificationId, messageUuid: randomUUID() });
    await service.post('/verify', { verificationId, code: 'right' });
  }
}

/** From time to time the provider is sick for a while: a tenth of the time in all. */
async function outages(
  provider: Provider,
  random: SeededRandom,
  length: number,
  signal: AbortSignal,
): Promise<void> {
  const span = Math.min(3 * MINUTE, length / 4);
  while (await pause(0.9 * span, signal)) {
    await providerTroubles[random.pick(names)](provider, random);
    await pause(0.1 * span, signal);
    await provider.heal();
  }
}

const names = Object.keys(providerTroubles) as (keyof typeof providerTroubles)[];

/** Resolves to false where it was cut short. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

/**
 * Waits until every message has its outcome, by expiry too, and all are delivered. Returns how many
 * aren't when patience ends.
 */
async function untilAllIsSaid(service: Service): Promise<number> {
  const giveUpAt = chaosTime() + PATIENCE;
  for (;;) {
    const { open = Infinity, pending = Infinity } = (await service.counts()) ?? {};
    if (open + pending === 0 || chaosTime() > giveUpAt) return open + pending;
    await sleep(100);
  }
}

async function watch(
  service: Service,
  path: string,
  length: number,
  onTime: (spent: number) => void,
) {
  const file = new StoreFile(path);
  const samples: Sample[] = [];
  const begun = chaosTime();
  let peakLive = 0;
  let peakSize = 0;
  for (let look = 1; chaosTime() - begun < length; look += 1) {
    await sleep(LOOK);
    peakLive = Math.max(peakLive, file.live);
    peakSize = Math.max(peakSize, file.size);
    if (look % LOOKS_A_SAMPLE > 0) continue;
    const answer = await get(`${await service.url}/vitals`);
    const at = chaosTime() - begun;
    if (answer) samples.push({ ...(answer.body as Vitals), at });
    onTime(at);
  }
  await file.close();
  return { samples, peakLive, peakSize, length };
}

async function conclude(
  { provider, records, service }: World,
  load: Load,
  { samples, peakLive, peakSize, length }: Awaited<ReturnType<typeof watch>>,
  pending: number,
) {
  const told = new Map(
    (await provider.messages()).map(({ messageUuid, reports }) => [messageUuid, reports.at(-1)]),
  );
  const failed = await service.failed();
  for (const { messageUuid, status } of failed) told.set(messageUuid, status);
  const missing = [...records.recorded].filter(([uuid, { status }]) => told.get(uuid) !== status);

  const steady = samples.filter(({ at }) => at > length / 3);
  const line = (value: (sample: Sample) => number) =>
    trendOf(steady.map((sample) => [sample.at / HOUR, value(sample)]));
  const heap = line((sample) => sample.heap / MIB);
  const anonymous = line((sample) => sample.anonymous / MIB);
  const middle = (values: readonly Sample[]) =>
    values.map(({ descriptors }) => descriptors).toSorted((a, b) => a - b)[values.length >> 1];
  const descriptors = {
    first: middle(steady.slice(0, steady.length >> 1)),
    second: middle(steady.slice(steady.length >> 1)),
    most: Math.max(...samples.map((sample) => sample.descriptors)),
  };
  const wrong = load.verifications.flatMap(({ wrongAnswers }) => wrongAnswers);

  const figures: Figure[] = [
    { name: 'minutes', value: length / MINUTE },
    { name: 'verifications', value: load.verifications.length },
    { name: 'recorded (messages)', value: records.recorded.size },
    { name: 'failed and kept', value: failed.length },
    { name: 'outages, and other times of standstill', value: records.paused.length },
    { name: 'retries', value: records.retrying.length },
    { name: 'recorded, and neither delivered nor kept', value: missing.length, promised: '0' },
    { name: 'open or pending long after all was well', value: pending, promised: '0' },
    { name: 'answers other than the handler’s', value: wrong.length, promised: '0' },
    { name: 'samples after warm-up', value: steady.length },
    { name: 'heap, MiB an hour', value: inWords(heap), promised: 'below 1' },
    { name: 'heap at the first and last sample, MiB', value: ends(steady, 'heap') },
    { name: 'anonymous memory, MiB an hour', value: inWords(anonymous), promised: 'below 1' },
    { name: 'anonymous at the first and last sample, MiB', value: ends(steady, 'anonymous') },
    { name: 'peak of live data, KiB', value: Math.round(peakLive / 1_024) },
    {
      name: 'file, times the peak of live data',
      value: (peakSize / peakLive).toFixed(2),
      promised: 'at most 2',
    },
    {
      name: 'descriptors: median of both halves, most',
      value: `${descriptors.first}, ${descriptors.second}, ${descriptors.most}`,
      promised: 'no growth',
    },
  ];
  const violations = [
    ...missing.map(
      ([uuid, report]) => `recorded ${JSON.stringify(report)}, but ${uuid} is ${told.get(uuid)}`,
    ),
    ...wrong.map((answer) => `the app answered ${answer}`),
    ...(pending > 0 ? [`${pending} reports were pending long after all was well`] : []),
    ...(length < JUDGED_FROM
      ? []
      : [
          ...(grows(heap) ? [`the heap grows by ${inWords(heap)} MiB an hour`] : []),
          ...(grows(anonymous) ? [`memory grows by ${inWords(anonymous)} MiB an hour`] : []),
          ...(peakSize > 2 * peakLive
            ? [`the file is ${peakSize} bytes, the peak of what is in it ${peakLive}`]
            : []),
        ]),
    ...(descriptors.second > descriptors.first + PASSING_DESCRIPTORS
      ? [`descriptors grow from ${descriptors.first} to ${descriptors.second}`]
      : []),
  ];
  return { figures, violations };
}

/** Whether a line rises by more than promised beyond all doubt: a short run leaves much of that. */
function grows({ slope, uncertainty }: Trend): boolean {
  return slope - uncertainty > 1;
}

function inWords({ slope, uncertainty }: Trend): string {
  return `${slope.toFixed(2)} ± ${uncertainty.toFixed(2)}`;
}

function ends(samples: readonly Sample[], what: 'heap' | 'anonymous'): string {
  const [first, last] = [samples.at(0), samples.at(-1)];
  return first && last
    ? `${(first[what] / MIB).toFixed(1)}, ${(last[what] / MIB).toFixed(1)}`
    : 'none';
}
