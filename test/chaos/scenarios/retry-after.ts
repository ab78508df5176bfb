import { filter } from 'rxjs';
import { backlogOf, settleAll } from '../harness/backlog.js';
import type { Told } from '../harness/protocol.js';
import { takeTally } from '../harness/tally.js';
import { firstOf } from '../harness/wait.js';
import { inWorld, type Scenario } from './scenario.js';
import { tallyFigures } from './tally-figures.js';

/** Reports that wait meanwhile each time: the whole line must stand still, not only one of them. */
const BACKLOG = 15;
const WISH = 1;

/** The provider asks to wait for a second, again and again. */
export const retryAfter: Scenario = {
  name: 'retry-after',
  unit: 'wishes to wait',
  whole: 100,
  run: async ({ rounds, onProgress }) => {
    const service = { wire: true, module: { delivery: { rateLimit: false } } } as const;
    return inWorld({ service }, async (world) => {
      const { provider } = world;
      const told: Told[] = [];
      world.service.told$.subscribe((news) => told.push(news));
      const verifications: Awaited<ReturnType<typeof backlogOf>> = [];
      let broken = 0;
      for (let round = 0; round < rounds; round += 1) {
        const backlog = await backlogOf(world.service, BACKLOG);
        verifications.push(...backlog);
        told.length = 0;
        await provider.fail({ on: 'conversion', retryAfter: WISH });
        const goesOn = firstOf(
          world.service.told$.pipe(filter((news) => isEvent(news, 'resumed'))),
          'the end of a pause',
        );
        await settleAll(world.service, backlog);
        await goesOn;
        await world.service.drain(10_000);
        if (!wasKept(told)) broken += 1;
        onProgress?.(round + 1, rounds);
      }
      const tally = await takeTally(verifications, world, { concurrency: 10 });
      return {
        figures: [
          { name: 'Retry-After answers', value: rounds },
          { name: 'kept', value: rounds - broken, promised: `${rounds}` },
          ...tallyFigures(tally),
        ],
        violations: [
          ...tally.violations,
          ...(broken > 0 ? [`${broken} of ${rounds} wishes to wait weren't kept`] : []),
        ],
      };
    });
  },
};

/** Whether no request left between the moment the line stood still and the end of the wait. */
function wasKept(told: readonly Told[]): boolean {
  const asked = told.find((news) => news.kind === 'answered' && news.retryAfter !== undefined);
  const stoodStill = told.find((news) => isEvent(news, 'paused'));
  if (!asked || !stoodStill) return false;
  const until = asked.at + WISH * 1_000;
  return !told.some(({ kind, at }) => kind === 'asked' && at > stoodStill.at && at < until);
}

function isEvent(news: Told, type: string): boolean {
  return news.kind === 'event' && news.event.type === type;
}
