import { ConversionStatus } from '../../conversion-status.js';
import { Bench, statuses } from '../bench.js';
import { TestFunctions } from '../test-functions.js';

const { CONVERTED, NOT_CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

export function settling({ it, expect }: TestFunctions, bench: Bench): void {
  it('reports the message of a verification CONVERTED, at the moment of success', async () => {
    const message = await bench.track('login-1');
    const timestamp = new Date('2026-05-01T10:00:00.123Z');
    const { reports } = await bench.storage.settle({
      verificationId: 'login-1',
      status: CONVERTED,
      timestamp,
    });
    expect(reports).toEqual([{ messageUuid: message, status: CONVERTED, timestamp }]);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('reports the newest message CONVERTED and the older ones CONVERTED_WITH_OTHERS', async () => {
    const [first, second, third] = [
      await bench.track('v'),
      await bench.track('v'),
      await bench.track('v'),
    ];
    const { reports } = await bench.settle('v');
    expect(statuses(reports)).toEqual({
      [first]: CONVERTED_WITH_OTHERS,
      [second]: CONVERTED_WITH_OTHERS,
      [third]: CONVERTED,
    });
  });

  it('reports superseded messages NOT_CONVERTED where the app says so', async () => {
    await bench.reopen({ superseded: NOT_CONVERTED });
    const [older, newer] = [await bench.track('v'), await bench.track('v')];
    expect(statuses((await bench.settle('v')).reports)).toEqual({
      [older]: NOT_CONVERTED,
      [newer]: CONVERTED,
    });
  });

  it('says nothing of superseded messages where the app says so', async () => {
    await bench.reopen({ superseded: false });
    await bench.track('v');
    const newer = await bench.track('v');
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [newer]: CONVERTED });
    expect(await bench.storage.counts()).toEqual({ open: 1, pending: 1, failed: 0 });
  });

  it('reports the named message CONVERTED and the others as superseded', async () => {
    const [older, newer] = [await bench.track('v'), await bench.track('v')];
    expect(statuses((await bench.settle('v', CONVERTED, older)).reports)).toEqual({
      [older]: CONVERTED,
      [newer]: CONVERTED_WITH_OTHERS,
    });
  });

  it('settles nothing for a named message of another verification', async () => {
    await bench.track('v');
    const foreign = await bench.track('w');
    const { reports, unmatched } = await bench.settle('v', CONVERTED, foreign);
    expect(reports).toEqual([]);
    expect(unmatched).toBe('the message named is none of this verification');
    expect(await bench.storage.counts()).toEqual({ open: 2, pending: 0, failed: 0 });
  });

  it('reports all messages CONVERTED_WITH_OTHERS where other means verified the user', async () => {
    const [first, second] = [await bench.track('v'), await bench.track('v')];
    expect(statuses((await bench.settle('v', CONVERTED_WITH_OTHERS)).reports)).toEqual({
      [first]: CONVERTED_WITH_OTHERS,
      [second]: CONVERTED_WITH_OTHERS,
    });
  });

  it('settles nothing for a verification it does not know, and says why', async () => {
    const { reports, unmatched } = await bench.settle('unheard-of');
    expect(reports).toEqual([]);
    expect(unmatched).toBe('no message of this verification is tracked, or no longer');
  });

  it('reports once when a verification is settled twice', async () => {
    await bench.track('v');
    expect((await bench.settle('v')).reports).toHaveLength(1);
    expect(await bench.settle('v')).toEqual({ reports: [] });
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('reports once when 64 requests settle the same verification at once', async () => {
    await bench.track('v');
    const all = await Promise.all(Array.from({ length: 64 }, () => bench.settle('v')));
    expect(all.flatMap(({ reports }) => reports)).toHaveLength(1);
  });

  it('leaves other verifications alone', async () => {
    const [mine] = [await bench.track('v'), await bench.track('w')];
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [mine]: CONVERTED });
    expect(await bench.storage.counts()).toEqual({ open: 1, pending: 1, failed: 0 });
  });

  it('settles again what was sent since the last success', async () => {
    const first = await bench.track('phone');
    await bench.settle('phone');
    const second = await bench.track('phone');
    expect(statuses((await bench.settle('phone')).reports)).toEqual({ [second]: CONVERTED });
    expect(first).not.toBe(second);
  });

  it('reports CONVERTED after NOT_CONVERTED was reported: success came late', async () => {
    const message = await bench.track('v');
    await bench.settle('v', NOT_CONVERTED);
    expect(statuses((await bench.settle('v')).reports)).toEqual({ [message]: CONVERTED });
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('takes no success back', async () => {
    await bench.track('v');
    await bench.settle('v');
    expect((await bench.settle('v', NOT_CONVERTED)).reports).toEqual([]);
    expect((await bench.settle('v', CONVERTED_WITH_OTHERS)).reports).toEqual([]);
  });
}
