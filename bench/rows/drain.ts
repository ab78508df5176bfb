import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deliverer, fill } from '../harness/backlog.js';
import { Stage } from '../harness/stage.js';
import type { Loops } from '../processes/loops.js';
import { between } from '../processes/vitals.js';
import { assertRight, type Row } from './row.js';

/** What Plivo allows an account. */
export const PLIVO_LIMIT = { max: 300, duration: 5_000 };
export const PER_SECOND = (PLIVO_LIMIT.max * 1_000) / PLIVO_LIMIT.duration;
/** Ms of a round: a whole number of the limit's spans. */
const SPAN = 10_000;

/** A backlog that leaves as fast as Plivo allows. */
export const drain: Row = {
  name: 'drain',
  what: 'draining a backlog on lmdb at Plivo’s limit, 300 in 5 s',
  against: 'the limit',
  figures: [
    { name: 'rate', unit: 'in a second', compare: 'ratio', goal: { atLeast: 0.99 } },
    {
      name: 'core',
      unit: '% of a core',
      compare: 'alone',
      goal: { atMost: 2 },
      against: 'one core',
    },
    {
      name: 'core, beside axios alone',
      unit: '% of a core',
      compare: 'ratio',
      against: 'axios.post at that pace, which keeps nothing',
    },
  ],
  measure: ({ rounds, onRound }) =>
    Stage.for(async (stage) => {
      const { remote: provider, url } = await stage.provider();
      const path = join(await stage.folder(), 'store');
      const spans = rounds + 2;
      const backlog = (spans * SPAN * PER_SECOND) / 1_000;
      await fill(stage, path, { count: backlog });
      const app = stage.app(deliverer(path, url, { delivery: { rateLimit: PLIVO_LIMIT } }));
      await app.ask('url');
      await provider.ask('nextAsked');
      // The first span warms up, and is as long as the limit's memory.
      await sleep(PLIVO_LIMIT.duration);

      const rate: number[] = [];
      const core: number[] = [];
      let [taken, used] = [await provider.ask('taken'), await app.ask('usage')];
      for (let round = 1; round <= rounds; round += 1) {
        await sleep(SPAN);
        const [nowTaken, nowUsed] = [await provider.ask('taken'), await app.ask('usage')];
        const { cpu, ms } = between(used, nowUsed);
        rate.push(((nowTaken.distinct - taken.distinct) * 1_000) / (nowTaken.at - taken.at));
        core.push(cpu / ms / 10);
        [taken, used] = [nowTaken, nowUsed];
        onRound?.(round);
      }
      const { pending } = await app.ask('counts');
      const { distinct, wrong, repeated } = await provider.ask('taken');
      assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
      assertRight(repeated === 0, `${repeated} reports came twice`);
      assertRight(pending + distinct >= backlog, `${pending} and ${distinct} aren’t ${backlog}`);
      await app.kill();
      const axios = await alone(stage, url, rounds);
      return {
        rate: { ours: rate, peer: rate.map(() => PER_SECOND) },
        core: { ours: core },
        'core, beside axios alone': { ours: core, peer: axios },
      };
    }),
};

/** What axios takes of a core at the same pace, round by round. */
async function alone(stage: Stage, url: string, rounds: number): Promise<number[]> {
  const loops = stage.start<Loops>('loops.js', { url, way: 'axios' });
  await loops.ask('pace', PER_SECOND, PLIVO_LIMIT.duration);
  const core: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const { cpu, ms } = await loops.ask('pace', PER_SECOND, SPAN);
    core.push(cpu / ms / 10);
  }
  return core;
}
