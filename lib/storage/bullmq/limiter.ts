import { RateLimit } from '../../delivery/rate-limit.js';

/** A shorter span than this isn't worth its round trips to Redis. */
const SHORTEST = 50;
/** The limiter of a line without a limit: BullMQ needs one for pauses that hold for all workers. */
const UNLIMITED: RateLimit = { max: 1_000_000_000, duration: 1_000 };

/**
 * The limit to give to BullMQ, so that no span of `duration` ms holds more than `max` requests.
 *
 * BullMQ's limiter counts in fixed windows, each begun by the first job after the one before: around
 * their edge it would let twice `max` through. So it gets many short windows. A span of `duration`
 * meets at most n windows of a n-th of it that begin within, each with k jobs, and k - 1 late ones of
 * the window before: n * k + k - 1 must not be more than `max`. Of all n the one that comes nearest to
 * `max` is taken.
 */
export function limiterOf(limit: RateLimit | false): RateLimit {
  if (!limit) return UNLIMITED;
  const { max, duration } = limit;
  let best = { windows: 1, jobs: 0 };
  for (let windows = 1; duration / windows >= SHORTEST || windows === 1; windows += 1) {
    const jobs = Math.floor((max + 1) / (windows + 1));
    if (windows * jobs > best.windows * best.jobs) best = { windows, jobs };
  }
  if (best.jobs > 0) return { max: best.jobs, duration: Math.ceil(duration / best.windows) };
  return { max: 1, duration: Math.ceil(duration / max) };
}
