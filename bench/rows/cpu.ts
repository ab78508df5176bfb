import { alternate } from '../harness/alternate.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import type { Goal, Row } from './row.js';

const CONNECTIONS = 50;
const REQUESTS = 10_000;

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
          return () => app.saturate(load, CONNECTIONS, size(REQUESTS));
        };
        const { empty, lmdb, seen, memory, plain } = await alternate(
          rounds,
          {
            empty: await side('empty'),
            lmdb: await side('lmdb'),
            seen: await side('lmdb', true),
            memory: await side('memory'),
            plain: await side('plain'),
          },
          onRound,
        );
        const whole = (side: typeof empty) => side.map(({ cpuEach }) => cpuEach);
        const user = (side: typeof empty) => side.map(({ userEach }) => userEach);
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

export const cpuExpress = cpu('express', { lmdb: { atMost: 1.15 }, memory: { atMost: 1.12 } });
export const cpuFastify = cpu('fastify', { lmdb: { atMost: 1.45 }, memory: { atMost: 1.2 } });
