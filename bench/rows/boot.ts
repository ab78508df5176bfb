import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { alternate } from '../harness/alternate.js';
import { deliverer, fill } from '../harness/backlog.js';
import { Stage } from '../harness/stage.js';
import { assertRight, type Row } from './row.js';

const MANY = 100_000;
const PATIENCE = 240_000;

/** How soon a process that follows a killed one delivers. */
export const boot: Row = {
  name: 'boot',
  what: 'from the start of a process to its first delivery, with 100,000 pending on lmdb after kill -9',
  against: 'the same with 1 pending',
  figures: [{ name: 'first delivery', unit: 'ms', compare: 'ratio', goal: { atMost: 1.2 } }],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const { remote: provider, url } = await stage.provider();
      const pending = { few: 1, many: size(MANY) };
      const stores = { few: '', many: '' };
      for (const name of ['few', 'many'] as const) {
        stores[name] = join(await stage.folder(), 'store');
        await fill(stage, stores[name], { count: pending[name] });
      }
      /** A process that delivers from a copy of the store is killed; the time of the next is taken. */
      const bootOn = (name: 'few' | 'many') => async (round: number) => {
        const store = join(await stage.folder(), 'store');
        await cp(stores[name], store, { recursive: true });
        const start = () => stage.app(deliverer(store, url, { delivery: { rateLimit: false } }));
        await provider.ask('be', 'hang');
        const asked = provider.ask('nextAsked');
        const killed = start();
        await asked;
        await killed.kill();

        await provider.ask('be', 'answer');
        await provider.ask('reset');
        const first = provider.ask('nextAsked');
        const begun = chaosTime();
        const app = start();
        const took = (await first) - begun;
        if (round === rounds) await assertAllCome(pending[name]);
        await app.kill();
        return took;
      };
      const assertAllCome = async (count: number): Promise<void> => {
        const giveUpAt = chaosTime() + PATIENCE;
        for (;;) {
          const { distinct, wrong } = await provider.ask('taken');
          assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
          if (distinct === count) return;
          assertRight(chaosTime() < giveUpAt, `${distinct} of ${count} reports came`);
          await sleep(100);
        }
      };
      const sides = { peer: bootOn('few'), ours: bootOn('many') };
      return { 'first delivery': await alternate(rounds, sides, onRound) };
    }),
};
