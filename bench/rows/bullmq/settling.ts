import { mean } from 'simple-statistics';
import { alternate } from '../../harness/alternate.js';
import { Stage } from '../../harness/stage.js';
import type { BullMQPeer } from '../../processes/bullmq-peer.js';
import { assertRight, type RowOptions, type Samples } from '../row.js';
import { type JobsPlace, queueOf, untilWaiting, withQueue } from './jobs.js';
import { CALLERS, ourApp } from './our-app.js';
import { usedMemory, withRedis } from './redis.js';

const SETTLED = 10_000;
/** Jobs whose memory is asked for. */
const WEIGHED = 500;

/** How fast reports are settled, and what they weigh then. */
export function settling({ rounds, size, onRound }: RowOptions): Promise<Record<string, Samples>> {
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
