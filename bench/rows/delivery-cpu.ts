import { join } from 'node:path';
import { alternate } from '../harness/alternate.js';
import { deliverer, fill } from '../harness/backlog.js';
import { Stage } from '../harness/stage.js';
import { assertTaken } from '../harness/taken.js';
import type { Loops } from '../processes/loops.js';
import type { Row } from './row.js';

const WARM_UP = 3_000;
const COUNT = 6_000;
/** Requests in flight: the default of `delivery.concurrency`. */
const CALLERS = 10;

/** What it costs to take a recorded report to the provider. */
export const deliveryCpu: Row = {
  name: 'delivery-cpu',
  what: 'CPU time for a delivered report, lmdb included',
  against: 'a loop over the HTTP layer of the official plivo SDK, which keeps nothing',
  figures: [
    { name: 'plivo SDK', unit: 'µs', compare: 'ratio', goal: { atMost: 0.9 } },
    { name: 'bare axios', unit: 'µs', compare: 'ratio', against: 'a loop over axios.post' },
  ],
  measure: ({ rounds, size, onRound }) =>
    Stage.for(async (stage) => {
      const { remote: provider, url } = await stage.provider();
      const [warmUp, count] = [size(WARM_UP), size(COUNT)];
      // Each side begins with a new process in each round: none is warmer than another.
      const loop = (way: 'sdk' | 'axios') => async (): Promise<number> => {
        const loops = stage.start<Loops>('loops.js', { url, way });
        await loops.ask('post', CALLERS, warmUp);
        const { cpu } = await loops.ask('post', CALLERS, count);
        await loops.kill();
        await assertTaken(provider, warmUp + count);
        return cpu / count;
      };
      const ours = async (): Promise<number> => {
        const path = join(await stage.folder(), 'store');
        await fill(stage, path, { count: warmUp + count });
        const watch = { warmUp, count };
        const app = stage.app(deliverer(path, url, { delivery: { rateLimit: false }, watch }));
        const { cpu } = (await app.ask('watched'))!;
        await app.kill();
        await assertTaken(provider, warmUp + count);
        return cpu / count;
      };
      const samples = await alternate(
        rounds,
        { sdk: loop('sdk'), ours, axios: loop('axios') },
        onRound,
      );
      return {
        'plivo SDK': { ours: samples.ours, peer: samples.sdk },
        'bare axios': { ours: samples.ours, peer: samples.axios },
      };
    }),
};
