import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { assertRight } from '../row.js';

/** Longest wait for jobs, in ms, and between two looks. */
const PATIENCE = 60_000;
const LOOK = 50;

export interface JobsPlace {
  readonly port: number;
  readonly name: string;
  readonly prefix: string;
}

/** Where the jobs of a side are. */
export function queueOf(side: 'ours' | 'peer', port: number): JobsPlace {
  return side === 'ours'
    ? { port, name: 'conversion-reports', prefix: '{bull}' }
    : { port, name: 'reports', prefix: 'bull' };
}

export async function withQueue<T>(
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
export function untilWaiting(place: JobsPlace, jobs: number): Promise<void> {
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
