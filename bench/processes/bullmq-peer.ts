import { randomUUID } from 'node:crypto';
import axios from 'axios';
import { Queue, Worker } from 'bullmq';
import { account } from './account.js';
import { byCallers } from './callers.js';
import { begin, serve } from './serve.js';
import { between, type Cost, type Usage, usage } from './vitals.js';

/** What one would put in a job by hand. */
interface Report {
  readonly message_uuid: string;
  readonly status: string;
  readonly timestamp: string;
}

const { port, provider } = begin<{ port: number; provider: string }>();
const connection = { host: '127.0.0.1', port };
const queue = new Queue<Report>('reports', { connection });
const auth = { username: account.authId, password: account.authToken };

const processors = {
  empty: async (): Promise<void> => {},
  http: async ({ message_uuid, ...report }: Report): Promise<void> => {
    const url = `${provider}/v1/account/${account.authId}/message/${message_uuid}/conversion/`;
    await axios.post(url, report, { auth });
  },
};

const commands = {
  /** Adds so many jobs. */
  async add(count: number, callers: number) {
    const uuids = Array.from({ length: count }, () => randomUUID());
    const before = usage();
    await byCallers(callers, count, (index) => {
      const timestamp = new Date().toISOString();
      const report = { message_uuid: uuids[index], status: 'CONVERTED', timestamp };
      return queue.add('report', report, { removeOnComplete: true });
    });
    return between(before, usage());
  },
  /** Has a worker do what there is, and takes what it costs after so many of warming up. */
  async work(
    processor: keyof typeof processors,
    concurrency: number,
    { warmUp, count }: { warmUp: number; count: number },
  ) {
    const worker = new Worker<Report>(queue.name, (job) => processors[processor](job.data), {
      connection,
      concurrency,
      autorun: false,
    });
    let failed = 0;
    worker.on('failed', () => (failed += 1));
    const done = new Promise<Cost>((resolve) => {
      let completed = 0;
      let before: Usage | undefined;
      worker.on('completed', () => {
        completed += 1;
        if (completed === warmUp) before = usage();
        if (completed === warmUp + count) resolve(between(before!, usage()));
      });
    });
    void worker.run();
    const cost = await done;
    await worker.close();
    return { ...cost, failed };
  },
};

export type BullMQPeer = typeof commands;
serve(commands);
