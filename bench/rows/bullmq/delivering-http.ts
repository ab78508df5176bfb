import { alternate } from '../../harness/alternate.js';
import { Stage } from '../../harness/stage.js';
import { assertTaken } from '../../harness/taken.js';
import type { RowOptions, Samples } from '../row.js';
import { queueOf, untilWaiting } from './jobs.js';
import { CALLERS, ourApp } from './our-app.js';
import { DELIVERED, WARM_UP, work } from './peer.js';
import { clear } from './redis.js';

/** How fast reports are delivered to the provider. */
export function deliveringHttp({ rounds, size, onRound }: RowOptions) {
  return Stage.for(async (stage): Promise<Record<string, Samples>> => {
    const ports = { ours: await stage.redis(), peer: await stage.redis() };
    const { remote: provider, url } = await stage.provider();
    const [warmUp, count] = [size(WARM_UP), size(DELIVERED)];
    const rates = await alternate(
      rounds,
      {
        peer: async () => {
          const at = { port: ports.peer, provider: url };
          const ms = await work(stage, at, 'http', { warmUp, count });
          await assertTaken(provider, warmUp + count);
          return (count * 1_000) / ms;
        },
        ours: async () => {
          await clear(ports.ours);
          const recorder = stage.app(ourApp(ports.ours, url, { delivery: false }));
          await recorder.ask('prepare', 0, warmUp + count, CALLERS);
          await recorder.ask('settle', 0, warmUp + count, CALLERS);
          await untilWaiting(queueOf('ours', ports.ours), warmUp + count);
          await recorder.kill();
          const watch = { warmUp, count };
          const delivery = { rateLimit: false } as const;
          const app = stage.app(ourApp(ports.ours, url, { delivery, watch }));
          const { ms } = (await app.ask('watched'))!;
          await assertTaken(provider, warmUp + count);
          await app.kill();
          return (count * 1_000) / ms;
        },
      },
      onRound,
    );
    return { 'delivering, over HTTP': rates };
  });
}
