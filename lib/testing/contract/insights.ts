import { ConversionStatus } from '../../conversion-status.js';
import { Bench } from '../bench.js';
import { rejected } from '../answers.js';
import { HOUR, newUuid } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';
import { until } from '../until.js';

const { CONVERTED, NOT_CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

export function insights({ it, expect }: TestFunctions, bench: Bench): void {
  const hourOf = (moment: number) => moment - (moment % HOUR);
  const buckets = (from = 0, to = Date.UTC(9999, 11, 31)) => bench.storage.insights({ from, to });
  const ofCountry = (country: string) => bench.counted(country);
  /** The middle of a slot of the hour before: no clock of a test leaves it. */
  const sentAt = (slot = 2) =>
    new Date(hourOf(bench.clock.now()) - HOUR + slot * 600_000 + 300_000);
  const settleAfter = (verificationId: string, sent: Date, ms: number, status = CONVERTED) =>
    bench.storage.settle({ verificationId, status, timestamp: new Date(sent.getTime() + ms) });

  it('counts a message in its country, hour and ten minutes of sending', async () => {
    const at = sentAt(2);
    await bench.track('v', { sentAt: at, country: 'DE' });
    await bench.track('w', { sentAt: sentAt(3), country: 'DE' });
    expect(await buckets()).toEqual([
      {
        country: 'DE',
        hour: hourOf(at.getTime()),
        counters: { sent: 2, sent2: 1, sent3: 1 },
      },
    ]);
  });

  it('counts a message that is tracked twice once', async () => {
    const messageUuid = await bench.track('v', { country: 'DE' });
    await bench.track('v', { country: 'DE', messageUuid });
    await bench.track('w', { country: 'DE', messageUuid });
    expect(await ofCountry('DE')).toMatchObject({ sent: 1 });
  });

  it('counts messages without a country, or with what is none, under the empty string', async () => {
    await bench.track('v');
    for (const country of ['', 'Germany', 'de', '001', '4915112345678'])
      await bench.track(country || 'w', { country });
    expect(await buckets()).toEqual([
      expect.objectContaining({ country: '', counters: expect.objectContaining({ sent: 6 }) }),
    ]);
  });

  it('counts a success in the hour its message was sent, by its time to convert', async () => {
    const at = sentAt();
    await bench.track('v', { sentAt: at, country: 'DE' });
    await settleAfter('v', at, 40_000);
    expect(await ofCountry('DE')).toEqual({
      sent: 1,
      sent2: 1,
      converted: 1,
      prompt2: 1,
      took9: 1,
      pending: 1,
    });
  });

  it('counts a success as prompt within five minutes of the sending', async () => {
    for (const [verification, ms] of Object.entries({ in: 300_000, over: 300_001 })) {
      await bench.track(verification, { sentAt: sentAt(), country: 'DE' });
      await settleAfter(verification, sentAt(), ms);
    }
    expect(await ofCountry('DE')).toMatchObject({ converted: 2, prompt2: 1 });
  });

  it('counts a timestamp before the sending as no time, and one after days in the last bin', async () => {
    for (const [verification, ms] of Object.entries({ before: -HOUR, days: 99 * HOUR })) {
      await bench.track(verification, { sentAt: sentAt(), country: 'DE' });
      await settleAfter(verification, sentAt(), ms);
    }
    expect(await ofCountry('DE')).toMatchObject({ took0: 1, took23: 1 });
  });

  it('counts the message that converted, and not those it superseded', async () => {
    await bench.track('v', { country: 'DE' });
    await bench.track('v', { country: 'DE' });
    await bench.settle('v');
    expect(await ofCountry('DE')).toMatchObject({ sent: 2, converted: 1, pending: 2 });
  });

  it('counts no success by other means, and one that follows it once', async () => {
    const messageUuid = await bench.track('v', { country: 'DE' });
    await bench.settle('v', CONVERTED_WITH_OTHERS);
    expect((await ofCountry('DE'))?.converted).toBeUndefined();
    await bench.settle('v', CONVERTED, messageUuid);
    await bench.settle('v', CONVERTED, messageUuid);
    expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1, pending: 1 });
  });

  it('counts a late success once, after NOT_CONVERTED was reported', async () => {
    await bench.track('v', { country: 'DE' });
    await bench.settle('v', NOT_CONVERTED);
    await bench.settle('v');
    expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1, pending: 1 });
  });

  it('counts no message that is known by its message_uuid alone, until it is tracked', async () => {
    const messageUuid = newUuid();
    const timestamp = new Date(bench.clock.now());
    await bench.track('of no country');
    await bench.storage.enqueue({ messageUuid, status: CONVERTED, timestamp });
    const { pending, converted, sent } = (await ofCountry(''))!;
    expect({ pending, converted, sent }).toEqual({ sent: 1 });
    bench.storage.deliver();
    const release = bench.provider.hold();
    await bench.provider.until(1);
    const at = new Date(timestamp.getTime() - 1_500);
    await bench.track('v', { messageUuid, country: 'DE', sentAt: at });
    expect(await ofCountry('DE')).toMatchObject({
      sent: 1,
      converted: 1,
      pending: 1,
      took1: 1,
    });
    release();
    await bench.events.until('delivered');
    await until(async () => (await ofCountry('DE'))?.pending === undefined);
  });

  it('counts reports as pending, failed, pending again, and delivered', async () => {
    await bench.track('v', { country: 'DE' });
    bench.provider.answers.push(rejected);
    await bench.settle('v');
    bench.storage.deliver();
    await bench.events.until('failed');
    expect(await ofCountry('DE')).toMatchObject({ converted: 1, failed: 1 });
    expect((await ofCountry('DE'))?.pending).toBeUndefined();
    const release = bench.provider.hold();
    await bench.storage.retryFailed();
    expect(await ofCountry('DE')).toMatchObject({ pending: 1 });
    expect((await ofCountry('DE'))?.failed).toBeUndefined();
    release();
    await bench.events.until('delivered');
    await until(async () => (await ofCountry('DE'))?.pending === undefined);
    expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1 });
  });

  it('counts a message that expired as sent, and its report as pending', async () => {
    await bench.reopen({ expireAfter: HOUR });
    const release = bench.provider.hold();
    await bench.track('v', { country: 'DE' });
    bench.storage.deliver();
    bench.clock.shift(HOUR + 1);
    await bench.events.until('expired');
    const counters = await ofCountry('DE');
    expect(counters).toMatchObject({ sent: 1, pending: 1 });
    expect(counters?.converted).toBeUndefined();
    release();
  });

  it('keeps what it counted of messages that are forgotten', async () => {
    await bench.track('v', { country: 'DE' });
    await bench.settle('v');
    bench.storage.deliver();
    await bench.events.until('delivered');
    const before = await ofCountry('DE');
    bench.clock.shift(25 * HOUR);
    await until(async () => (await bench.settle('v')).unmatched !== undefined);
    expect(await ofCountry('DE')).toEqual(before);
  });

  it('returns the hours that begin within the range, its end not included', async () => {
    const now = hourOf(bench.clock.now());
    for (const hour of [now - 2 * HOUR, now - HOUR, now])
      await bench.track(`v${hour}`, { sentAt: new Date(hour), country: 'DE' });
    const hours = async (from: number, to: number) =>
      (await buckets(from, to)).map(({ hour }) => hour).sort();
    expect(await hours(now - 2 * HOUR, now)).toEqual([now - 2 * HOUR, now - HOUR]);
    expect(await hours(now - 2 * HOUR + 1, now + 1)).toEqual([now - HOUR, now]);
    expect(await hours(now + HOUR, now + 2 * HOUR)).toEqual([]);
  });

  it('counts no message sent before the days that are kept, or after the next hour', async () => {
    const now = bench.clock.now();
    const oldest = hourOf(now) - 30 * 24 * HOUR;
    for (const moment of [oldest, oldest - 1, now + HOUR, now + 3 * HOUR, 0])
      await bench.track(`v${moment}`, { sentAt: new Date(moment), country: 'DE' });
    expect((await buckets()).map(({ hour }) => hour).sort()).toEqual([oldest, hourOf(now + HOUR)]);
  });

  it('forgets an hour 30 days after its end', async () => {
    await bench.track('v', { country: 'DE' });
    bench.storage.deliver();
    bench.clock.shift(30 * 24 * HOUR);
    await bench.track('w', { country: 'FR' });
    expect((await buckets()).map(({ country }) => country)).toContain('DE');
    bench.clock.shift(HOUR + 1);
    await until(async () => (await ofCountry('DE')) === undefined);
    expect((await buckets()).map(({ country }) => country)).toEqual(['FR']);
  });

  it('sets a mark once, and keeps it', async () => {
    const hour = hourOf(bench.clock.now());
    const mark = { country: 'DE', hour, name: 'droppedAt', at: hour + 5 } as const;
    const set = await Promise.all([
      bench.storage.markInsights(mark),
      bench.storage.markInsights(mark),
    ]);
    expect(set.sort()).toEqual([false, true]);
    expect(await bench.storage.markInsights({ ...mark, at: hour + 6 })).toBe(false);
    expect(await bench.storage.markInsights({ ...mark, name: 'recoveredAt', at: hour + 7 })).toBe(
      true,
    );
    await bench.track('v', { country: 'DE' });
    expect(await ofCountry('DE')).toMatchObject({
      droppedAt: hour + 5,
      recoveredAt: hour + 7,
      sent: 1,
    });
  });

  it('keeps a mark of an hour in which nothing was sent as long as other hours', async () => {
    const hour = hourOf(bench.clock.now()) - 29 * 24 * HOUR;
    const mark = { country: 'DE', hour, name: 'droppedAt', at: hour + 5 } as const;
    expect(await bench.storage.markInsights(mark)).toBe(true);
    expect(await buckets(hour, hour + HOUR)).toEqual([
      { country: 'DE', hour, counters: { droppedAt: hour + 5 } },
    ]);
  });

  it('counts each of 64 messages that are sent and settled at once', async () => {
    const ids = Array.from({ length: 64 }, (_, i) => `v${i}`);
    const countries = ['DE', 'FR', 'US', ''];
    await Promise.all(ids.map((id, i) => bench.track(id, { country: countries[i % 4] })));
    await Promise.all(ids.map((id) => bench.settle(id)));
    for (const country of countries)
      expect(await ofCountry(country)).toMatchObject({ sent: 16, converted: 16, pending: 16 });
  });
}
