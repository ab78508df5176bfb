import { chunk, mean } from 'simple-statistics';
import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Goal, Row } from './row.js';

const CONNECTIONS = 50;
/** V8 makes an app faster for so long. */
const TO_WARM_UP = 20_000;
/** A round is so many turns of each side, since what else the machine does comes and goes by the second. */
const TURNS = 5;
const REQUESTS_OF_A_TURN = 2_000;

/** CPU time of a decorated verify handler, each request settling a message. */
function cpu(platform: 'express' | 'fastify', goals: { lmdb: Goal; memory: Goal }): Row {
  return {
    name: `cpu-${platform}`,
    what: `the app's CPU time for a request of a decorated verify handler, ${platform === 'express' ? 'Express' : 'Fastify'}`,
    against: 'the same handler with an empty interceptor',
    figures: [
      { name: 'lmdb', unit: 'µs', compare: 'ratio', goal: goals.lmdb },
      { name: 'memory', unit: 'µs', compare: 'ratio', goal: goals.memory },
      {
        name: 'lmdb, with metrics collected and the dashboard there',
        unit: 'µs',
        compare: 'ratio',
        goal: goals.lmdb,
      },
      { name: 'undecorated', unit: 'µs', compare: 'ratio' },
      { name: 'lmdb, outside the kernel', unit: 'µs', compare: 'ratio' },
      { name: 'memory, outside the kernel', unit: 'µs', compare: 'ratio' },
    ],
    measure: ({ rounds, size, onRound }) =>
      Stage.for(async (stage) => {
        const load = stage.start<SaturatingLoad>('saturate.js');
        const side = async (kind: 'plain' | 'empty' | 'memory' | 'lmdb', seen?: boolean) => {
          const app = await Side.start(stage, kind, { platform, seen });
          await app.saturate(load, CONNECTIONS, size(TO_WARM_UP));
          // All at once: what tracking leaves to collect would be collected at the verify handler's cost.
          await app.prepare(size(REQUESTS_OF_A_TURN) * (rounds * TURNS + 1));
          return () => app.saturate(load, CONNECTIONS, size(REQUESTS_OF_A_TURN));
        };
        const { empty, lmdb, seen, memory, plain } = await alternate(
          rounds * TURNS,
          {
            empty: await side('empty'),
            lmdb: await side('lmdb'),
            seen: await side('lmdb', true),
            memory: await side('memory'),
            plain: await side('plain'),
          },
          (turn) => onRound?.(turn / TURNS),
        );
        const whole = (side: typeof empty) => ofRounds(side.map(({ cpuEach }) => cpuEach));
        const user = (side: typeof empty) => ofRounds(side.map(({ userEach }) => userEach));
        return {
          lmdb: { ours: whole(lmdb), peer: whole(empty) },
          memory: { ours: whole(memory), peer: whole(empty) },
          'lmdb, with metrics collected and the dashboard there': {
            ours: whole(seen),
            peer: whole(empty),
          },
          undecorated: { ours: whole(plain), peer: whole(empty) },
          'lmdb, outside the kernel': { ours: user(lmdb), peer: user(empty) },
          'memory, outside the kernel': { ours: user(memory), peer: user(empty) },
        };
      }),
  };
}

/** One sample a round: each of its turns has as many requests. */
function ofRounds(turns: number[]): number[] {
  return chunk(turns, TURNS).map(mean);
}

export const cpuExpress = cpu('express', { lmdb: { atMost: 1.15 }, memory: { atMost: 1.12 } });
export const cpuFastify = cpu('fastify', { lmdb: { atMost: 1.45 }, memory: { atMost: 1.2 } });
