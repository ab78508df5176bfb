import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chaosTime } from '../../test/chaos/harness/time.js';

/** What a process used until a moment. */
export interface Usage {
  /** Microseconds of CPU time, of all its threads. */
  readonly cpu: number;
  /** Ms; chaos time. */
  readonly at: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, at: chaosTime() };
}

/** What was used between two moments. */
export function between(before: Usage, after: Usage): { cpu: number; ms: number } {
  return { cpu: after.cpu - before.cpu, ms: after.at - before.at };
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
