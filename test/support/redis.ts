import { startRedisServer } from '../../scripts/redis-server.mjs';
import { tempFolder } from './temp-folder.js';

/** A Redis of a test's own, on a free port. */
export interface Redis {
  readonly port: number;
  /** Ends it as kill -9 does, also where it is frozen. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with what it kept. */
  start(): Promise<void>;
  /** It hangs: its connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it, and throws away what it kept. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis, set up as one should be that keeps conversions.
 * @param settings others, of redis.conf
 */
export async function startRedis(settings: Record<string, string | number> = {}): Promise<Redis> {
  const folder = await tempFolder();
  const all = { appendonly: 'yes' as const, appendfsync: 'always', ...settings };
  let server = await startRedisServer({ ...all, folder: folder.path });
  const { port } = server;
  const kill = async (): Promise<void> => {
    server.signal('SIGKILL');
    await server.ended();
  };
  return {
    port,
    kill,
    start: async () => {
      server = await startRedisServer({ ...all, folder: folder.path, port });
    },
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    stop: async () => {
      await kill();
      await folder.remove();
    },
  };
}
