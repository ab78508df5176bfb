import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Redis {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** A Redis with an append-only file. It ends with this process, however that ends. */
export async function startRedis(folder: string): Promise<Redis> {
  const keeper = fork(join(import.meta.dirname, '..', 'processes', 'redis.js'), [folder], {
    // A group of its own: Ctrl+C is for us, and it hears of that when we end.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(keeper, 'exit');
  const failed = ended.then(([code]) => {
    throw new Error(`Redis didn't start (exit code ${code})`);
  });
  const [port] = (await Promise.race([once(keeper, 'message'), failed])) as [number];
  return {
    port,
    async stop() {
      keeper.disconnect();
      await ended;
    },
  };
}
