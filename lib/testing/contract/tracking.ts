import { ConversionStatus } from '../../conversion-status.js';
import { Bench, statuses } from '../bench.js';
import { HOUR } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';
import { until } from '../until.js';

const { CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

export function tracking({ it, expect }: TestFunctions, bench: Bench): void {
  it('counts a message that is tracked twice once', async () => {
    const message = await bench.track('v');
    await bench.track('v', { messageUuid: message });
    expect(await bench.storage.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
    expect((await bench.settle('v')).reports).toHaveLength(1);
  });

  it('leaves a message with its first verification', async () => {
    const messageUuid = await bench.track('v');
    const sentAt = new Date();
    expect(
      await bench.storage.track({ verificationId: 'w', messageUuid, sentAt, sentAtGiven: false }),
    ).toBe(false);
    expect((await bench.settle('w')).reports).toEqual([]);
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [messageUuid]: CONVERTED });
  });

  it('gives a message that is tracked late the place of its sending', async () => {
    const newer = await bench.track('v');
    const older = await bench.track('v', { sentAt: new Date(bench.clock.now() - HOUR) });
    expect(statuses((await bench.settle('v')).reports)).toEqual({
      [older]: CONVERTED_WITH_OTHERS,
      [newer]: CONVERTED,
    });
  });

  it('holds the message sent last to be the newest, also after the clock was set back', async () => {
    const before = await bench.track('v');
    bench.clock.shift(-HOUR);
    const after = await bench.track('v');
    expect(statuses((await bench.settle('v')).reports)).toEqual({
      [before]: CONVERTED_WITH_OTHERS,
      [after]: CONVERTED,
    });
  });

  it('forgets a message after its retention', async () => {
    await bench.track('v');
    bench.storage.deliver();
    bench.clock.shift(24 * HOUR + 1);
    expect(await bench.settle('v')).toMatchObject({
      reports: [],
      unmatched: expect.stringContaining('no longer'),
    });
    await until(async () => (await bench.storage.counts()).open === 0);
  });

  it('keeps ids, whatever characters are in them', async () => {
    for (const id of [
      '__proto__',
      '../../etc/passwd',
      'a\r\nb\u0000c',
      '+14155550123',
      '😀'.repeat(256),
    ]) {
      const message = await bench.track(id);
      expect(statuses((await bench.settle(id)).reports)).toEqual({ [message]: CONVERTED });
    }
  });
}
