import { alternate } from '../../harness/alternate.js';
import { Stage } from '../../harness/stage.js';
import type { BullMQPeer } from '../../processes/bullmq-peer.js';
import { assertRight, type Row } from '../row.js';
import { queueOf, untilWaiting } from './jobs.js';
import { CALLERS, ourApp } from './our-app.js';
import { CONCURRENCY } from './peer.js';
import { cpuOf, usedMemory } from './redis.js';

const MANY = 1_000_000;
const WARM_UP = 1_000;
const DELIVERED = 10_000;

type SideName = 'ours' | 'peer';

/** What a queue is like in which very much waits. */
export const bullmqMillion: Row = {
  name: 'bullmq-million',
  what: '1,000,000 reports pending on Redis',
  against: 'bare BullMQ with as many jobs',
  figures: [
    {
      name: 'delivering, over HTTP',
      unit: 'in a second',
      compare: 'ratio',
      goal: { atLeast: 0.7 },
      against: 'its worker, with axios.post',
    },
    {
      name: 'memory of a report and its message',
      unit: 'bytes',
      compare: 'ratio',
      goal: { atMost: 1.3 },
      against: 'its job',
    },
    { name: 'settling, by 64 callers', unit: 'in a second', compare: 'ratio' },
    {
      name: 'CPU of Redis to track a message',
      unit: 'µs',
      compare: 'alone',
      against: '—',
    },
    { name: 'CPU of Redis to settle it', unit: 'µs', compare: 'ratio', against: 'its add()' },
    { name: 'CPU of Redis to deliver it', unit: 'µs', compare: 'ratio', against: 'its worker' },
  ],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const ports = { ours: await stage.redis(), peer: await stage.redis() };
      const { remote: provider, url } = await stage.provider();
      const portion = Math.ceil(size(MANY) / (rounds + 1));
      const recorder = stage.app(ourApp(ports.ours, url, { delivery: false }));
      const adder = stage.start<BullMQPeer>('bullmq-peer.js', { port: ports.peer, provider: url });
      const tracking: number[] = [];

      /** What a function adds to Redis: the bytes it holds, and the microseconds of its CPU. */
      const costing = async <T>(side: SideName, run: () => Promise<T>) => {
        const [memory, cpu] = [await usedMemory(ports[side]), await cpuOf(ports[side])];
        const result = await run();
        const bytes = (await usedMemory(ports[side])) - memory;
        return { result, bytes, cpu: (await cpuOf(ports[side])) - cpu };
      };
      const recorded = await alternate(rounds, {
        peer: async () => {
          const { result, bytes, cpu } = await costing('peer', () =>
            adder.ask('add', portion, CALLERS),
          );
          return { ms: result.ms, bytes, cpu };
        },
        ours: async (round) => {
          const from = round * portion;
          const tracked = await costing('ours', () =>
            recorder.ask('prepare', from, portion, CALLERS),
          );
          if (round > 0) tracking.push(tracked.cpu / portion);
          const { result, bytes, cpu } = await costing('ours', async () => {
            const cost = await recorder.ask('settle', from, portion, CALLERS);
            await untilWaiting(queueOf('ours', ports.ours), from + portion);
            return cost;
          });
          return { ms: result.ms, bytes: tracked.bytes + bytes, cpu };
        },
      });
      await Promise.all([recorder.kill(), adder.kill()]);
      await untilWaiting(queueOf('peer', ports.peer), (rounds + 1) * portion);

      const watch = { warmUp: size(WARM_UP), count: size(DELIVERED) };
      /** Delivers some of them, by a new process. */
      const delivering = async (side: SideName, deliver: () => Promise<number>) => {
        const { result: ms, cpu } = await costing(side, deliver);
        const { distinct, wrong } = await provider.ask('taken');
        assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
        assertRight(
          distinct >= watch.warmUp + watch.count,
          `${distinct} reports came, fewer than were delivered`,
        );
        await provider.ask('reset');
        return { perSecond: (watch.count * 1_000) / ms, cpu: cpu / distinct };
      };
      const delivered = await alternate(
        rounds,
        {
          peer: () =>
            delivering('peer', async () => {
              const at = { port: ports.peer, provider: url };
              const peer = stage.start<BullMQPeer>('bullmq-peer.js', at);
              const { ms, failed } = await peer.ask('work', 'http', CONCURRENCY, watch);
              assertRight(failed === 0, `${failed} jobs of bare BullMQ failed`);
              await peer.kill();
              return ms;
            }),
          ours: () =>
            delivering('ours', async () => {
              const delivery = { rateLimit: false } as const;
              const app = stage.app(ourApp(ports.ours, url, { delivery, watch }));
              const { ms } = (await app.ask('watched'))!;
              await app.kill();
              return ms;
            }),
        },
        onRound,
      );
      return {
        'delivering, over HTTP': both(delivered, ({ perSecond }) => perSecond),
        'memory of a report and its message': both(recorded, ({ bytes }) => bytes / portion),
        'settling, by 64 callers': both(recorded, ({ ms }) => (portion * 1_000) / ms),
        'CPU of Redis to track a message': { ours: tracking },
        'CPU of Redis to settle it': both(recorded, ({ cpu }) => cpu / portion),
        'CPU of Redis to deliver it': both(delivered, ({ cpu }) => cpu),
      };
    }),
};

function both<T>(samples: Record<SideName, readonly T[]>, pick: (sample: T) => number) {
  return { ours: samples.ours.map(pick), peer: samples.peer.map(pick) };
}
