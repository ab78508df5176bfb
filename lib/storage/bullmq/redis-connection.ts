import type { Cluster, Redis, RedisOptions } from 'ioredis';

/** Where Redis is: options of ioredis, with or without a `url`, or a connection of it. */
export type RedisConnection = (RedisOptions & { url?: string }) | Redis | Cluster;

export function isConnection(given: object): given is Redis | Cluster {
  const { duplicate, defineCommand } = given as Partial<Redis>;
  return typeof duplicate === 'function' && typeof defineCommand === 'function';
}

export function isCluster(given: object): given is Cluster {
  return isConnection(given) && given.isCluster;
}

/** Where it is, for people: no user, no password. */
export function whereIs(given: RedisConnection): string {
  if (isCluster(given)) return 'the cluster';
  const { url, sentinels, name, path, host, port }: RedisOptions & { url?: string } = isConnection(
    given,
  )
    ? given.options
    : given;
  if (sentinels) return `what the sentinels say of ${name}`;
  if (path) return path;
  const { hostname, port: portOfUrl } = parsed(url);
  return `${host ?? (hostname || 'localhost')}:${port ?? (portOfUrl || 6379)}`;
}

function parsed(url: string | undefined): { hostname?: string; port?: string } {
  return url !== undefined && URL.canParse(url) ? new URL(url) : {};
}
