import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Get } from '@nestjs/common';

/** What a process tells of its own state. Bytes, ms. */
export interface Vitals {
  /** JavaScript's own memory, after a collection. */
  readonly heap: number;
  /** Memory that is no file's, after a collection. */
  readonly anonymous: number;
  /** Open file descriptors. */
  readonly descriptors: number;
}

/** Ms between two looks at the event loop: a shorter wait isn't seen. */
const RESOLUTION = 2;

/** How the process does. */
@Controller()
export class VitalsController {
  #delay?: ReturnType<typeof monitorEventLoopDelay>;
  #collect?: () => void;

  @Get('vitals')
  async vitals(): Promise<Vitals> {
    const collect = (this.#collect ??= collector());
    collect();
    await turn();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return {
      heap: heapUsed + external,
      anonymous: anonymousMemory(),
      descriptors: readdirSync('/proc/self/fd').length,
    };
  }

  /** The longest time for which the event loop stood still, in ms, since the last time of asking. */
  @Get('longest-wait')
  longestWait(): { ms: number } {
    const delay = (this.#delay ??= watched());
    const ms = delay.max / 1e6 - RESOLUTION;
    delay.reset();
    return { ms: Math.max(0, ms) };
  }
}

function watched(): ReturnType<typeof monitorEventLoopDelay> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  return delay;
}

/** V8 has one for those who ask at the start; here it is asked for later. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function anonymousMemory(): number {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kilobytes) * 1_024;
}
