import { ConversionStatus } from '../../conversion-status.js';
import { Bench } from '../bench.js';
import { notNow } from '../answers.js';
import { HOUR, newUuid } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

export function measuring({ it, expect }: TestFunctions, bench: Bench): void {
  it('tells how long a message took to convert, once, and of no other status', async () => {
    const sentAt = new Date(bench.clock.now());
    await bench.track('v', { sentAt: new Date(sentAt.getTime() - 60_000) });
    await bench.track('v', { sentAt });
    const success = {
      verificationId: 'v',
      status: CONVERTED,
      timestamp: new Date(sentAt.getTime() + 25_000),
    };
    expect(await bench.storage.settle(success)).toMatchObject({ timeToConvert: 25_000 });
    expect(await bench.storage.settle(success)).not.toHaveProperty('timeToConvert');
    await bench.track('w', { sentAt });
    const other = { ...success, verificationId: 'w', status: NOT_CONVERTED };
    expect(await bench.storage.settle(other)).not.toHaveProperty('timeToConvert');
  });

  it('tells it of a message that is reported by its uuid, where it is tracked', async () => {
    const sentAt = new Date(bench.clock.now());
    const messageUuid = await bench.track('v', { sentAt });
    const timestamp = new Date(sentAt.getTime() + 5_000);
    const report = { status: CONVERTED, timestamp };
    expect(await bench.storage.enqueue({ ...report, messageUuid })).toMatchObject({
      timeToConvert: 5_000,
    });
    expect(await bench.storage.enqueue({ ...report, messageUuid: newUuid() })).not.toHaveProperty(
      'timeToConvert',
    );
  });

  it('takes a success that came before the sending for a clock that is off', async () => {
    await bench.track('v', { sentAt: new Date(bench.clock.now() + 1_000) });
    expect(await bench.settle('v')).toMatchObject({ timeToConvert: 0 });
  });

  it('tells the oldest report on its way, also where that has been tried again and again', async () => {
    expect(await bench.storage.oldestPending()).toBeUndefined();
    const enqueue = (ago: number) =>
      bench.storage.enqueue({
        messageUuid: newUuid(),
        status: CONVERTED,
        timestamp: new Date(bench.clock.now() - ago),
      });
    const { report: oldest } = await enqueue(2 * HOUR);
    bench.provider.answers.push(notNow);
    bench.storage.deliver();
    await bench.events.until('retrying');
    await bench.storage.stopDelivering(1_000);
    for (let i = 0; i < 150; i += 1) await enqueue(HOUR);
    expect(await bench.storage.oldestPending()).toEqual(oldest.timestamp);
  });

  it('knows of no report on its way once all are delivered', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(await bench.storage.oldestPending()).toBeUndefined();
  });
}
