import { setTimeout as sleep } from 'node:timers/promises';
import { LockHolder } from '../../test/chaos/harness/lock-holder.js';
import { quantile } from '../../test/chaos/harness/quantile.js';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { Side } from '../harness/side.js';
import { Stage } from '../harness/stage.js';
import type { PacedLoad } from '../processes/pace.js';
import type { Row } from './row.js';

/** Logins a second at each of the two apps. */
const RATE = 250;
const HELD = 5_000;
const BEFORE = 500;
const AFTER = 1_000;
const MS = BEFORE + HELD + AFTER;
/** Ms from the lock on that belong to the burst. */
const BURST = 500;
/** The module's `recordTimeout`, and what a response may take beyond it, in ms. */
const RECORD_TIMEOUT = 250;
const ALLOWANCE = 20;

/** Two apps under the same load at the same time; a process sits on the write lock of one's store. */
export const lock: Row = {
  name: 'lock',
  what: 'latency of a verify handler while another process sits on its store’s write lock for 5 s',
  against: 'the same app without that, at the same time',
  figures: [
    {
      name: 'longest in the one burst',
      unit: 'ms',
      compare: 'alone',
      goal: { atMost: RECORD_TIMEOUT + ALLOWANCE },
      against: '`recordTimeout` and 20 ms',
    },
    { name: 'p99 then', unit: 'ms', compare: 'ratio', goal: { atMost: 1.1 } },
    { name: 'longest then', unit: 'ms', compare: 'ratio' },
  ],
  measure: ({ rounds, onRound }) =>
    Stage.for(async (stage) => {
      const options = { platform: 'express', delivery: { rateLimit: false } } as const;
      const [locked, free] = [
        await Side.start(stage, 'lmdb', options),
        await Side.start(stage, 'lmdb', options),
      ];
      const [toLocked, toFree] = [
        stage.start<PacedLoad>('pace.js'),
        stage.start<PacedLoad>('pace.js'),
      ];
      const samples = {
        burst: [] as number[],
        p99: { ours: [] as number[], peer: [] as number[] },
        longest: { ours: [] as number[], peer: [] as number[] },
      };
      for (let round = 0; round <= rounds; round += 1) {
        // Nothing can be tracked while the lock is held.
        await Promise.all([locked, free].map((side) => side.prepare((RATE * MS) / 1_000)));
        const { from, to, answers } = await holdLock(locked.store, () => {
          return Promise.all([locked.pace(toLocked, RATE, MS), free.pace(toFree, RATE, MS)]);
        });
        const [ofLocked, ofFree] = await answers;
        await locked.assertAllDelivered();
        await free.assertAllDelivered();
        if (round === 0) continue;
        const then = { from: from + BURST, to };
        const [ours, peer] = [sentWithin(ofLocked, then), sentWithin(ofFree, then)];
        samples.burst.push(
          Math.max(...sentWithin(ofLocked, { from: from - BEFORE, to: then.from })),
        );
        samples.p99.ours.push(quantile(ours, 0.99));
        samples.p99.peer.push(quantile(peer, 0.99));
        samples.longest.ours.push(Math.max(...ours));
        samples.longest.peer.push(Math.max(...peer));
        onRound?.(round);
      }
      return {
        'longest in the one burst': { ours: samples.burst },
        'p99 then': samples.p99,
        'longest then': samples.longest,
      };
    }),
};

/** Holds a store's lock while something runs; resolves with its result, and from when to when. */
async function holdLock<T>(store: string, run: () => Promise<T>) {
  const holder = new LockHolder(store);
  try {
    await holder.isReady;
    const answers = run();
    // Whoever awaits it hears of it, unless the lock can't be held: then nobody does.
    answers.catch(() => {});
    await sleep(BEFORE);
    await holder.hold();
    const from = chaosTime();
    await sleep(HELD);
    return { from, to: chaosTime(), answers };
  } finally {
    await holder.kill();
  }
}

/** How long those requests took that were sent within a span. */
function sentWithin(
  { sentAt, took }: { sentAt: readonly number[]; took: readonly number[] },
  { from, to }: { from: number; to: number },
): number[] {
  return took.filter((_, index) => sentAt[index] >= from && sentAt[index] < to);
}
