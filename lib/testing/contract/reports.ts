import { ConversionStatus } from '../../conversion-status.js';
import { Bench, statuses } from '../bench.js';
import { HOUR, newUuid } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';

const { CONVERTED, NOT_CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

export function reports({ it, expect }: TestFunctions, bench: Bench): void {
  const enqueue = (messageUuid: string, status: ConversionStatus) =>
    bench.storage.enqueue({ messageUuid, status, timestamp: new Date(bench.clock.now()) });

  it('records a report of a message that was never tracked', async () => {
    const message = newUuid();
    expect(await enqueue(message, CONVERTED)).toMatchObject({ recorded: true });
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(statuses(bench.provider.received)).toEqual({ [message]: CONVERTED });
  });

  it('lets a newer status take the place of an undelivered one', async () => {
    const message = newUuid();
    await enqueue(message, NOT_CONVERTED);
    await enqueue(message, CONVERTED_WITH_OTHERS);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(bench.provider.received.map(({ status }) => status)).toEqual([CONVERTED_WITH_OTHERS]);
  });

  it('lets nothing take the place of CONVERTED, and returns the report that stands', async () => {
    const message = newUuid();
    const first = await enqueue(message, CONVERTED);
    bench.clock.shift(1_000);
    expect(await enqueue(message, NOT_CONVERTED)).toEqual({
      recorded: false,
      report: first.report,
    });
  });

  it('records the same status once', async () => {
    const message = newUuid();
    await enqueue(message, NOT_CONVERTED);
    expect(await enqueue(message, NOT_CONVERTED)).toMatchObject({ recorded: false });
  });

  it('knows the message of a verification by its uuid', async () => {
    const message = await bench.track('v');
    await enqueue(message, CONVERTED);
    expect((await bench.settle('v')).reports).toEqual([]);
  });

  it('takes the time of sending from tracking, where a message was reported first', async () => {
    const messageUuid = newUuid();
    await enqueue(messageUuid, NOT_CONVERTED);
    const now = bench.clock.now();
    await bench.track('v', { messageUuid, sentAt: new Date(now - 2 * HOUR) });
    const newer = await bench.track('v', { sentAt: new Date(now - HOUR) });
    expect(statuses((await bench.settle('v')).reports)).toEqual({
      [messageUuid]: CONVERTED_WITH_OTHERS,
      [newer]: CONVERTED,
    });
  });

  it('lets a message that was reported first be tracked afterwards', async () => {
    const messageUuid = newUuid();
    await enqueue(messageUuid, NOT_CONVERTED);
    await bench.track('v', { messageUuid });
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [messageUuid]: CONVERTED });
  });
}
