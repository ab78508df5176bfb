import { describe, expect, it } from '@jest/globals';
import { DeliveryLoop } from '../../../lib/delivery/delivery-loop.js';
import { QueuedReport, ReportQueue } from '../../../lib/delivery/report-queue.js';
import { ConversionStatus } from '../../../lib/index.js';
import { ManualClock, settled } from '../../support/clocks.js';
import { newUuid, settings } from '../../support/storage-host.js';

const forever = () => new Promise<never>(() => {});

const report: QueuedReport = {
  key: 1,
  revision: 1,
  messageUuid: newUuid(),
  status: ConversionStatus.CONVERTED,
  timestamp: new Date(0),
  replaces: false,
  attempts: 0,
  age: 0,
};

/** A queue with one report, to which nothing can be written: another process sits on its lock. */
class LockedQueue implements ReportQueue {
  isLocked = false;

  due(_: unknown, limit: number, skip: (key: number) => boolean): QueuedReport[] {
    return skip(report.key) ? [] : [report].slice(0, limit);
  }
  nextDue = () => undefined;
  begin = async () => 0;
  survived = forever;
  done = forever;
  retry = forever;
  fail = forever;
  stoodStill = forever;
  sweep = () => (this.isLocked ? forever() : Promise.resolve(undefined));
}

describe('The end of delivery', () => {
  const startedOver = async (queue: LockedQueue, clock: ManualClock): Promise<DeliveryLoop> => {
    const loop = new DeliveryLoop(queue, forever, settings, {
      clock,
      random: () => 0.5,
      emit: () => {},
      mayRequest: () => true,
      storageFailed: () => {},
    });
    loop.start();
    await settled();
    queue.isLocked = true;
    await clock.advance(1_000);
    return loop;
  };

  it.each([
    { timeout: 10_000, longest: 10_000 },
    { timeout: 0, longest: 300 },
  ])('takes $longest ms at most where it may take $timeout', async ({ timeout, longest }) => {
    const clock = new ManualClock();
    const loop = await startedOver(new LockedQueue(), clock);
    let answered: boolean | undefined;
    void loop.stop(timeout).then((all) => (answered = all));
    await clock.advance(longest - 1);
    expect(answered).toBeUndefined();
    await clock.advance(1);
    expect(answered).toBe(false);
  });
});
