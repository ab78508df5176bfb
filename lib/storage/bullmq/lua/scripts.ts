import { BASICS } from './basics.js';
import { COUNTING, FORGET_BUCKETS, MARK_INSIGHTS } from './counting.js';
import { ANSWERED, DONE, FAIL, RETRY, SURVIVED, TAKE } from './delivering.js';
import { EACH } from './each.js';
import { KEEPING } from './keeping.js';
import { MOVE_LINE, STANDSTILL } from './line.js';
import { ENQUEUE, LEFT_OVER, RETRY_FAILED, SETTLE, SWEEP, TRACK } from './recording.js';
import { REPORTS } from './reports.js';

/** Returns whose the books are. */
const OPEN = `
redis.call('HSETNX', base, 'format', ARGV[2])
redis.call('HSETNX', base, 'account', ARGV[3])
redis.call('HSETNX', base, 'accountId', ARGV[4])
return redis.call('HMGET', base, 'format', 'account', 'accountId')
`;

const recording = [KEEPING, COUNTING, STANDSTILL, REPORTS];
const answering = [KEEPING, COUNTING, ANSWERED];

/** Each script with what it needs, and no more: Redis makes all of its functions at each call. */
const parts = {
  open: [OPEN],
  track: [...recording, EACH, TRACK],
  settle: [...recording, EACH, SETTLE],
  enqueue: [...recording, ENQUEUE],
  retryFailed: [...recording, RETRY_FAILED],
  sweep: [...recording, FORGET_BUCKETS, SWEEP],
  leftOver: [LEFT_OVER],
  take: [KEEPING, COUNTING, STANDSTILL, TAKE],
  done: [...answering, DONE],
  retry: [...answering, RETRY],
  fail: [...answering, FAIL],
  survived: [SURVIVED],
  moveLine: [MOVE_LINE],
  markInsights: [MARK_INSIGHTS],
};

export type ScriptName = keyof typeof parts;

/**
 * The rules of keeping books, in Redis: each script is one step that happens whole or not at all.
 * They are the rules of Ledger and settlement(), and the contract suite holds both to the same.
 *
 * What they keep, all below one base key, in one slot of a cluster:
 *
 *     <base>              hash    totals: open, pending, passed; the line; account, format
 *     <base>:m:<uuid>     hash    a message, and its report
 *     <base>:v:<digest>   string  the messages of a verification, oldest first, with spaces between: a
 *                                 list takes twice the memory
 *     <base>:d:<second>   set     open messages whose deadline is in that second
 *     <base>:deadlines    zset    the seconds that have one
 *     <base>:outbox       zset    reports that may not be jobs yet, by the time of their recording
 *     <base>:insights     zset    what is counted by country and hour: see counting.ts
 *
 * A message's fields are one letter each, so that a million fit in little memory: v digest of the
 * verification, t sent at, c country, s status, a moment of the status, r revision of its report, p the
 * report's state (p pending, f failed; none once it is delivered), g the second of its deadline while it
 * has no status, and the moment that its report's age counts from while that is pending, n attempts,
 * b requests begun that nothing is known of, l lease of the request in flight, x refusals, y reports
 * that passed before the last refusal.
 */
export const scripts: Readonly<Record<ScriptName, string>> = Object.fromEntries(
  Object.entries(parts).map(([name, pieces]) => [name, [BASICS, ...pieces].join('')]),
) as Record<ScriptName, string>;
