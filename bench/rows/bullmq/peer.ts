import type { Stage } from '../../harness/stage.js';
import type { BullMQPeer } from '../../processes/bullmq-peer.js';
import { assertRight } from '../row.js';
import { CALLERS } from './our-app.js';

export const WARM_UP = 1_000;
export const DELIVERED = 4_000;
/** Of a worker: the default of `delivery.concurrency`. */
export const CONCURRENCY = 10;

/** Adds jobs to bare BullMQ; resolves with the ms that they then take. As ours, in a new process. */
export async function work(
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
