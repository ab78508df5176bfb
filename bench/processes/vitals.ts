import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chaosTime } from '../../test/chaos/harness/time.js';

/** What a process used until a moment. */
export interface Usage {
  /** Microseconds of CPU time, of all its threads. */
  readonly cpu: number;
  /** Of those, what wasn't spent in the kernel. */
  readonly user: number;
  /** Ms; chaos time. */
  readonly at: number;
}

/** What was used in some time; units as in Usage. */
export interface Cost {
  readonly cpu: number;
  readonly user: number;
  readonly ms: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, user, at: chaosTime() };
}

/** What was used between two moments. */
export function between(before: Usage, after: Usage): Cost {
  return {
    cpu: after.cpu - before.cpu,
    user: after.user - before.user,
    ms: after.at - before.at,
  };
}

/** Bytes of memory that is no file's, after a collection. */
export async function anonymousMemory(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  await turn();
  collect();
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1_024;
}
