import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { mean } from 'simple-statistics';
import { alternate } from '../harness/alternate.js';
import { Stage } from '../harness/stage.js';
import type { AppSettings } from '../processes/app/settings.js';
import type { BullMQPeer } from '../processes/bullmq-peer.js';
import type { BullMQStorage } from '../processes/bullmq-storage.js';
import { assertRight, type Row, type RowOptions, type Samples } from './row.js';

const CALLERS = 64;
const SETTLED = 10_000;
const WARM_UP = 1_000;
const DELIVERED = 4_000;
/** Of a worker: the default of `delivery.concurrency`. */
const CONCURRENCY = 10;
/** Jobs whose memory is asked for. */
const WEIGHED = 500;
/** Longest wait for jobs, in ms, and between two looks. */
const PATIENCE = 60_000;
const LOOK = 50;

/** Our storage on Redis beside BullMQ without us, each with a Redis of its own. */
export const bullmq: Row = {
  name: 'bullmq',
  what: 'the BullMQ storage: reports settled and delivered in a second; memory',
  against: 'bare BullMQ',
  figures: [
    {
      name: 'delivering, to a function that does nothing',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.8 },
      against: 'its worker',
    },
    {
      name: 'delivering, over HTTP',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.8 },
      against: 'its worker, with axios.post',
    },
    {
      name: 'settling, by 64 callers',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.45 },
      against: 'add() by 64 callers',
    },
    {
      name: 'memory of a job',
      unit: 'bytes',
      compare: 'ratio',
      goal: { atMost: 1.2 },
      against: 'its job',
    },
    {
      name: 'memory of a job and its message',
      unit: 'bytes',
      compare: 'ratio',
      against: 'its job',
    },
  ],
  async measure(options) {
    const { rounds, onRound } = options;
    const part = (index: number): RowOptions => ({
      ...options,
      onRound: (done) => onRound?.((index * rounds + done) / 3),
    });
    return {
      ...(await settling(part(0))),
      ...(await deliveringNothing(part(1))),
      ...(await deliveringHttp(part(2))),
    };
  },
};

function settling({ rounds, size, onRound }: RowOptions): Promise<Record<string, Samples>> {
  return Stage.for(async (stage) => {
    const ports = { ours: await stage.redis(), peer: await stage.redis() };
    const { url: provider } = await stage.provider();
    const app = stage.app(ourApp(ports.ours, provider, { delivery: false }));
    const peer = stage.start<BullMQPeer>('bullmq-peer.js', { port: ports.peer, provider });
    const count = size(SETTLED);
    const perSecond = ({ ms }: { ms: number }): number => (count * 1_000) / ms;
    const whole = { ours: [] as number[], peer: [] as number[] };
    const heavier = async (side: 'ours' | 'peer', grow: () => Promise<number>) => {
      const before = await usedMemory(ports[side]);
      const rate = await grow();
      whole[side].push(((await usedMemory(ports[side])) - before) / count);
      return rate;
    };
    const rates = await alternate(
      rounds,
      {
        peer: () => heavier('peer', async () => perSecond(await peer.ask('add', count, CALLERS))),
        ours: (round) =>
          heavier('ours', async () => {
            await app.ask('prepare', round * count, count, CALLERS);
            return perSecond(await app.ask('settle', round * count, count, CALLERS));
          }),
      },
      onRound,
    );
    const recorded = (rounds + 1) * count;
    const { open, pending } = await app.ask('counts');
    assertRight(
      open === 0 && pending === recorded,
      `of ${recorded} messages ${pending} are pending and ${open} open`,
    );
    const job = {
      ours: await weigh(queueOf('ours', ports.ours), recorded),
      peer: await weigh(queueOf('peer', ports.peer), recorded),
    };
    return {
      'settling, by 64 callers': rates,
      'memory of a job': { ours: parts(job.ours, rounds), peer: parts(job.peer, rounds) },
      'memory of a job and its message': {
        ours: whole.ours.slice(1),
        peer: parts(job.peer, rounds),
      },
    };
  });
}

function deliveringNothing({ rounds, size, onRound }: RowOptions) {
  return Stage.for(async (stage): Promise<Record<string, Samples>> => {
    const ports = { ours: await stage.redis(), peer: await stage.redis() };
    const [warmUp, count] = [size(WARM_UP), size(DELIVERED)];
    const provider = 'http://127.0.0.1:9';
    const rates = await alternate(
      rounds,
      {
        peer: async () => {
          const ms = await work(stage, { port: ports.peer, provider }, 'empty', { warmUp, count });
          return (count * 1_000) / ms;
        },
        ours: async () => {
          await clear(ports.ours);
          const storage = stage.start<BullMQStorage>('bullmq-storage.js', { port: ports.ours });
          await storage.ask('record', warmUp + count, CALLERS);
          await untilWaiting(queueOf('ours', ports.ours), warmUp + count);
          const { ms } = await storage.ask('deliver', warmUp, count);
          await storage.kill();
          return (count * 1_000) / ms;
        },
      },
      onRound,
    );
    return { 'delivering, to a function that does nothing': rates };
  });
}

function deliveringHttp({ rounds, size, onRound }: RowOptions) {
  return Stage.for(async (stage): Promise<Record<string, Samples>> => {
    const ports = { ours: await stage.redis(), peer: await stage.redis() };
    const { remote: provider, url } = await stage.provider();
    const [warmUp, count] = [size(WARM_UP), size(DELIVERED)];
    const assertAllCame = async (): Promise<void> => {
      const { distinct, wrong } = await provider.ask('taken');
      assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
      assertRight(distinct === warmUp + count, `${distinct} of ${warmUp + count} reports came`);
      await provider.ask('reset');
    };
    const rates = await alternate(
      rounds,
      {
        peer: async () => {
          const at = { port: ports.peer, provider: url };
          const ms = await work(stage, at, 'http', { warmUp, count });
          await assertAllCame();
          return (count * 1_000) / ms;
        },
        ours: async () => {
          await clear(ports.ours);
          const recorder = stage.app(ourApp(ports.ours, url, { delivery: false }));
          await recorder.ask('prepare', 0, warmUp + count, CALLERS);
          await recorder.ask('settle', 0, warmUp + count, CALLERS);
          await untilWaiting(queueOf('ours', ports.ours), warmUp + count);
          await recorder.kill();
          const watch = { warmUp, count };
          const delivery = { rateLimit: false } as const;
          const app = stage.app(ourApp(ports.ours, url, { delivery, watch }));
          const { ms } = (await app.ask('watched'))!;
          await assertAllCame();
          await app.kill();
          return (count * 1_000) / ms;
        },
      },
      onRound,
    );
    return { 'delivering, over HTTP': rates };
  });
}

/** Adds jobs to bare BullMQ; resolves with the ms that they then take. As ours, in a new process. */
async function work(
  stage: Stage,
  settings: { port: number; provider: string },
  processor: 'empty' | 'http',
  { warmUp, count }: { warmUp: number; count: number },
): Promise<number> {
  const peer = stage.start<BullMQPeer>('bullmq-peer.js', settings);
  await peer.ask('add', warmUp + count, CALLERS);
  const { ms, failed } = await peer.ask('work', processor, CONCURRENCY, { warmUp, count });
  assertRight(failed === 0, `${failed} jobs of bare BullMQ failed`);
  await peer.kill();
  return ms;
}

function ourApp(
  port: number,
  provider: string,
  more: Pick<AppSettings, 'delivery' | 'watch'>,
): AppSettings {
  const storage = { kind: 'bullmq', port } as const;
  return { platform: 'express', handler: 'tracked', storage, provider, ...more };
}

async function withRedis<T>(port: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(port, '127.0.0.1');
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

function clear(port: number): Promise<unknown> {
  return withRedis(port, (redis) => redis.flushall());
}

function usedMemory(port: number): Promise<number> {
  return withRedis(port, async (redis) => {
    return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);
  });
}

interface JobsPlace {
  readonly port: number;
  readonly name: string;
  readonly prefix: string;
}

function queueOf(side: 'ours' | 'peer', port: number): JobsPlace {
  return side === 'ours'
    ? { port, name: 'conversion-reports', prefix: '{bull}' }
    : { port, name: 'reports', prefix: 'bull' };
}

async function withQueue<T>(
  { port, name, prefix }: JobsPlace,
  use: (queue: Queue) => Promise<T>,
): Promise<T> {
  const queue = new Queue(name, { connection: { host: '127.0.0.1', port }, prefix });
  try {
    return await use(queue);
  } finally {
    await queue.close();
  }
}

/** A report that is recorded becomes a job a moment later. */
function untilWaiting(place: JobsPlace, jobs: number): Promise<void> {
  return withQueue(place, async (queue) => {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      const waiting = await queue.getWaitingCount();
      if (waiting === jobs) return;
      assertRight(performance.now() < giveUpAt, `${waiting} jobs wait, not ${jobs}`);
      await sleep(LOOK);
    }
  });
}

/** What some of the jobs that wait weigh in Redis, each. */
async function weigh(place: JobsPlace, jobs: number): Promise<number[]> {
  await untilWaiting(place, jobs);
  return withQueue(place, async (queue) => {
    const some = await queue.getWaiting(0, WEIGHED - 1);
    const weights = await withRedis(place.port, (redis) =>
      Promise.all(some.map(({ id }) => redis.memory('USAGE', queue.toKey(id!)))),
    );
    return weights.map(Number);
  });
}

/** The mean of each of so many parts. */
function parts(values: readonly number[], count: number): number[] {
  const length = Math.floor(values.length / count);
  return Array.from({ length: count }, (_, part) =>
    mean(values.slice(part * length, (part + 1) * length)),
  );
}
