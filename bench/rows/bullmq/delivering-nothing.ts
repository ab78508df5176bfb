import { alternate } from '../../harness/alternate.js';
import { Stage } from '../../harness/stage.js';
import type { BullMQStorage } from '../../processes/bullmq-storage.js';
import type { RowOptions, Samples } from '../row.js';
import { queueOf, untilWaiting } from './jobs.js';
import { CALLERS } from './our-app.js';
import { DELIVERED, WARM_UP, work } from './peer.js';
import { clear } from './redis.js';

/** How fast reports are delivered to a function that does nothing. */
export function deliveringNothing({ rounds, size, onRound }: RowOptions) {
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
