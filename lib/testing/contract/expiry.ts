import { ConversionStatus } from '../../conversion-status.js';
import { Bench, statuses } from '../bench.js';
import { HOUR, newUuid } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';
import { until } from '../until.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

export function expiry({ it, beforeEach, expect }: TestFunctions, bench: Bench): void {
  beforeEach(async () => {
    await bench.reopen({ expireAfter: HOUR });
  });

  it('reports a message without outcome NOT_CONVERTED, at the moment it expired', async () => {
    const sentAt = new Date(bench.clock.now());
    const message = await bench.track('v', { sentAt });
    bench.storage.deliver();
    bench.clock.shift(5 * HOUR);
    await bench.events.until('delivered');
    expect(bench.provider.received).toEqual([
      { ...bench.provider.received[0], messageUuid: message, status: NOT_CONVERTED },
    ]);
    expect(bench.provider.received[0].timestamp).toEqual(new Date(sentAt.getTime() + HOUR));
    expect(bench.events.of('expired')).toHaveLength(1);
  });

  it('reports a message in time that was tracked after a look at later deadlines', async () => {
    bench.storage.deliver();
    await bench.storage.enqueue({
      messageUuid: newUuid(),
      status: CONVERTED,
      timestamp: new Date(bench.clock.now()),
    });
    await bench.events.until('delivered');
    await bench.track('v');
    bench.clock.shift(HOUR + 1);
    await bench.events.until('expired');
  });

  it('reports a success CONVERTED that comes after the expiry', async () => {
    const message = await bench.track('v');
    bench.storage.deliver();
    bench.clock.shift(HOUR + 1);
    await bench.events.until('delivered');
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [message]: CONVERTED });
    await bench.events.until('delivered', 2);
    expect(bench.provider.received.map(({ status }) => status)).toEqual([NOT_CONVERTED, CONVERTED]);
  });

  it('reports a success alone that comes before anybody noticed the expiry', async () => {
    await bench.track('v');
    bench.clock.shift(2 * HOUR);
    await bench.settle('v');
    bench.storage.deliver();
    await bench.events.until('delivered');
    bench.clock.shift(10 * HOUR);
    await bench.track('w');
    await bench.settle('w');
    await bench.events.until('delivered', 2);
    expect(bench.provider.received.map(({ status }) => status)).toEqual([CONVERTED, CONVERTED]);
  });

  it('lets a settled message expire no more', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.storage.deliver();
    bench.clock.shift(2 * HOUR);
    await bench.events.until('delivered');
    await until(async () => (await bench.storage.counts()).pending === 0);
    expect(bench.events.of('expired')).toEqual([]);
  });
}
