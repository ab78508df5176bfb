import type { Redis } from 'ioredis';

/**
 * Lets commands that are sent one right after the other leave in one write, in their order: each write
 * is a call of the system's, and wakes Redis.
 *
 * A cluster has a connection to each node, which are left as they are.
 */
export function writeTogether(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (...command) => {
    hold(redis.stream);
    return send(...command);
  };
}

const held = new WeakSet<object>();

function hold(stream: Redis['stream'] | null | undefined): void {
  if (!stream || held.has(stream)) return;
  held.add(stream);
  stream.cork();
  // A tick that begins among the promises is over after them: what they send leaves as well.
  queueMicrotask(() =>
    process.nextTick(() => {
      held.delete(stream);
      stream.uncork();
    }),
  );
}
