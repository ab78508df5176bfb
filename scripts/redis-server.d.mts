export interface RedisServer {
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once it has ended. */
  ended(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Where its files are. */
  readonly folder: string;
  /** Whether it keeps an append-only file. */
  readonly appendonly: 'yes' | 'no';
  /** Default a free one. */
  readonly port?: number;
  /** More of redis.conf. */
  readonly [setting: string]: string | number | undefined;
}

/**
 * A Redis on a port of the loopback interface.
 * @throws with what to install where there is no redis-server, or with why it didn't start
 */
export function startRedisServer(options: RedisServerOptions): Promise<RedisServer>;
