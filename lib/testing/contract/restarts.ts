import { ConversionStatus } from '../../conversion-status.js';
import { rejected } from '../answers.js';
import { Bench, statuses } from '../bench.js';
import { HOUR, settings } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';
import { until } from '../until.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

export function restarts({ it, expect }: TestFunctions, bench: Bench): void {
  it('settles after a restart what was tracked before', async () => {
    const message = await bench.track('v');
    await bench.reopen();
    expect(await bench.storage.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [message]: CONVERTED });
  });

  it('reports once what is settled before a restart and after it', async () => {
    await bench.track('v');
    await bench.settle('v');
    await bench.reopen();
    expect(await bench.settle('v')).toEqual({ reports: [] });
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('delivers after a restart what was recorded before, with the timestamp of its success', async () => {
    await bench.track('v');
    const { reports } = await bench.settle('v');
    await bench.reopen();
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(bench.provider.received).toHaveLength(1);
    expect(bench.provider.received[0]).toMatchObject(reports[0]);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('sends no report again before the request that it left at its end was cut, or had its time', async () => {
    const timeout = 3_000;
    const delivery = { ...settings, timeout };
    await bench.reopen({ delivery });
    await bench.record(1);
    const left = bench.provider;
    const release = left.hold();
    bench.storage.deliver();
    await left.until(1);
    await bench.storage.stopDelivering(0);
    await bench.reopen({ delivery });
    bench.storage.deliver();
    // A storage that holds it back for longer does well, too.
    await bench.provider.until(1, timeout).catch(() => {});
    const [again = Infinity] = bench.provider.arrivals;
    expect(left.abandoned || again - left.arrivals[0] >= timeout).toBe(true);
    release();
  });

  it('keeps a failed report over a restart, and retries it when told to', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.provider.answers.push(rejected);
    bench.storage.deliver();
    await bench.events.until('failed');
    const before = await bench.storage.failed(10);
    await bench.reopen();
    expect(before).toHaveLength(1);
    expect(await bench.storage.failed(10)).toEqual(before);
    bench.storage.deliver();
    expect(await bench.storage.retryFailed()).toBe(1);
    await bench.events.until('delivered');
  });

  it('reports a message that expired while it was closed, at the moment it expired', async () => {
    await bench.reopen({ expireAfter: HOUR });
    const sentAt = new Date(bench.clock.now() - 2 * HOUR);
    const message = await bench.track('v', { sentAt });
    await bench.reopen({ expireAfter: HOUR });
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(statuses(bench.provider.received)).toEqual({ [message]: NOT_CONVERTED });
    expect(bench.provider.received[0].timestamp).toEqual(new Date(sentAt.getTime() + HOUR));
  });

  it('keeps what it counted after it is closed and opened again, and its messages are forgotten', async () => {
    await bench.track('v', { country: 'DE' });
    await bench.settle('v');
    bench.storage.deliver();
    await bench.events.until('delivered');
    const before = await bench.counted('DE');
    await bench.reopen();
    expect(before).toMatchObject({ sent: 1, converted: 1 });
    expect(await bench.counted('DE')).toEqual(before);
    bench.storage.deliver();
    bench.clock.shift(25 * HOUR);
    await until(async () => (await bench.settle('v')).unmatched !== undefined);
    expect(await bench.counted('DE')).toEqual(before);
  });

  it('refuses the messages of one Plivo account to another, and leaves them as they are', async () => {
    await bench.track('v');
    await bench.storage.close();
    for (const other of [{ accountId: 'another' }, { account: 'another' }]) {
      const refusal = await bench.open(other).then(
        () => bench.storage.close(),
        (error: unknown) => error,
      );
      expect(refusal).toHaveProperty('code', 'CONVERSION_FEEDBACK_INVALID_OPTIONS');
    }
    await bench.open();
    expect(await bench.storage.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
  });
}
