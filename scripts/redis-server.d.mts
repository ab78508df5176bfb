/** A redis-server that runs. */
export interface RedisServer {
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once it has ended. */
  ended(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export function startRedisServer(settings: {
  /** Where its files lie. */
  folder: string;
  /** Default a free one. */
  port?: number;
  appendonly: 'yes' | 'no';
  /** More of redis.conf. */
  [setting: string]: string | number | undefined;
}): Promise<RedisServer>;
