export interface RedisServer {
  readonly port: number;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Where its files are. */
  readonly folder: string;
  /** Whether it keeps an append-only file. */
  readonly appendonly: 'yes' | 'no';
}

/**
 * A Redis on a free port of the loopback interface.
 * @throws with what to install where there is no redis-server, or with why it didn't start
 */
export function startRedisServer(options: RedisServerOptions): Promise<RedisServer>;
