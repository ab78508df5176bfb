import { setTimeout as sleep } from 'node:timers/promises';
import { ConversionStatus } from '../../conversion-status.js';
import { DeliverySettings } from '../../delivery/delivery-loop.js';
import { Bench, statuses } from '../bench.js';
import { notNow, rejected, refused } from '../answers.js';
import { HOUR, newUuid, settings } from '../storage-host.js';
import { TestFunctions } from '../test-functions.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

/** Retries wait for a second at most: a case can await that. */
const quickly: DeliverySettings = { ...settings, backoff: { initial: 1_000, max: 1_000 } };
/** How long a request that mustn't be made is waited for, in ms. */
const LONG_ENOUGH = 500;

export function delivery({ it, expect }: TestFunctions, bench: Bench): void {
  it('delivers nothing before it is told to', async () => {
    await bench.track('v');
    await bench.settle('v');
    expect(bench.provider.received).toEqual([]);
    bench.storage.deliver();
    await bench.events.until('delivered');
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('delivers each report once', async () => {
    bench.storage.deliver();
    const messages = await Promise.all(Array.from({ length: 50 }, (_, i) => bench.track(`v${i}`)));
    await Promise.all(messages.map((_, i) => bench.settle(`v${i}`)));
    await bench.events.until('delivered', 50);
    expect(bench.provider.received.map(({ messageUuid }) => messageUuid).sort()).toEqual(
      messages.sort(),
    );
  });

  it('never has two reports of one message in flight: the last word is the newest', async () => {
    const message = await bench.track('v');
    bench.storage.deliver();
    const release = bench.provider.hold();
    await bench.settle('v', NOT_CONVERTED);
    await bench.provider.until(1);
    await bench.settle('v');
    await bench.track('other');
    await bench.settle('other');
    await bench.provider.until(2);
    release();
    await bench.events.until('delivered', 3);
    const ofMessage = bench.provider.received.filter(({ messageUuid }) => messageUuid === message);
    expect(ofMessage.map(({ status }) => status)).toEqual([NOT_CONVERTED, CONVERTED]);
    expect(bench.provider.mostInFlightOfOneMessage).toBe(1);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('delivers the newest status also where the older one, in flight meanwhile, failed', async () => {
    await bench.track('v');
    bench.storage.deliver();
    bench.provider.answers.push(rejected);
    const release = bench.provider.hold();
    await bench.settle('v', NOT_CONVERTED);
    await bench.provider.until(1);
    await bench.settle('v');
    release();
    await bench.events.until('delivered');
    expect(bench.provider.received.map(({ status }) => status)).toEqual([NOT_CONVERTED, CONVERTED]);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('tries a report again that fails now, with the timestamp of its success', async () => {
    const messageUuid = await bench.track('v');
    const { reports } = await bench.settle('v');
    bench.provider.answers.push(notNow);
    bench.storage.deliver();
    const [retrying] = await bench.events.until('retrying');
    expect(retrying).toMatchObject({ messageUuid, attempts: 1, reason: notNow.reason });
    expect(retrying.nextAttemptAt.getTime()).toBeGreaterThanOrEqual(bench.clock.now());
    bench.clock.shift(600_000);
    await bench.events.until('delivered');
    expect(bench.provider.received.map(({ timestamp }) => timestamp)).toEqual([
      reports[0].timestamp,
      reports[0].timestamp,
    ]);
  });

  it('delivers within the longest backoff what was recorded before the clock was set back', async () => {
    await bench.reopen({ delivery: quickly });
    await bench.track('v');
    await bench.settle('v');
    bench.clock.shift(-HOUR);
    bench.storage.deliver();
    await bench.events.until('delivered');
  });

  it('tries again within the longest backoff also where the clock was set back meanwhile', async () => {
    await bench.reopen({ delivery: quickly });
    await bench.track('v');
    await bench.settle('v');
    bench.provider.answers.push(notNow);
    bench.storage.deliver();
    await bench.events.until('retrying');
    bench.clock.shift(-HOUR);
    await bench.events.until('delivered');
  });

  it('keeps a report that can never succeed, with what the provider said', async () => {
    const message = await bench.track('v');
    await bench.settle('v');
    bench.provider.answers.push(rejected);
    bench.storage.deliver();
    await bench.events.until('failed');
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 1 });
    expect(await bench.storage.failed(10)).toEqual([
      {
        messageUuid: message,
        status: CONVERTED,
        timestamp: expect.any(Date),
        failedAt: expect.any(Date),
        attempts: 1,
        reason: rejected.reason,
      },
    ]);
  });

  it('shows failed reports latest first, as many as asked for', async () => {
    const messages = [];
    bench.storage.deliver();
    for (let i = 1; i <= 3; i += 1) {
      messages.unshift(await bench.track(`v${i}`));
      bench.provider.answers.push(rejected);
      await bench.settle(`v${i}`);
      await bench.events.until('failed', i);
    }
    const latest = await bench.storage.failed(2);
    expect(latest.map(({ messageUuid }) => messageUuid)).toEqual(messages.slice(0, 2));
  });

  it('shows the one first that failed last, whichever message is the older', async () => {
    const [older, newer] = [await bench.track('v'), await bench.track('w')];
    bench.provider.answers.push(notNow, rejected, rejected);
    bench.storage.deliver();
    await bench.settle('v');
    await bench.events.until('retrying');
    await bench.settle('w');
    await bench.events.until('failed');
    bench.clock.shift(600_000);
    await bench.events.until('failed', 2);
    const latest = await bench.storage.failed(10);
    expect(latest.map(({ messageUuid }) => messageUuid)).toEqual([older, newer]);
  });

  it('retries a failed report when told to, one or all', async () => {
    bench.storage.deliver();
    const messages = [];
    for (let i = 1; i <= 3; i += 1) {
      messages.push(await bench.track(`v${i}`));
      bench.provider.answers.push(rejected);
      await bench.settle(`v${i}`);
      await bench.events.until('failed', i);
    }
    expect(await bench.storage.retryFailed(messages[1])).toBe(1);
    await bench.events.until('delivered', 1);
    expect(await bench.storage.retryFailed(newUuid())).toBe(0);
    expect(await bench.storage.retryFailed()).toBe(2);
    await bench.events.until('delivered', 3);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('lets a newer status take the place of a failed report', async () => {
    await bench.track('v');
    bench.provider.answers.push(rejected);
    bench.storage.deliver();
    await bench.settle('v', NOT_CONVERTED);
    await bench.events.until('failed');
    await bench.settle('v');
    await bench.events.until('delivered');
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('fails a report that is older than maxAge instead of trying it again', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.clock.shift(72 * HOUR + 1);
    bench.provider.answers.push(notNow);
    bench.storage.deliver();
    const [{ reason }] = await bench.events.until('failed');
    expect(reason).toMatchObject({ status: 503, message: expect.stringContaining('maxAge') });
  });

  it('fails no report by age for the time the whole line was refused', async () => {
    await bench.reopen({ delivery: { ...settings, concurrency: 1 } });
    for (const id of ['v', 'w']) {
      await bench.track(id);
      await bench.settle(id);
    }
    bench.provider.answers.push(refused, { kind: 'done' }, notNow);
    bench.storage.deliver();
    await bench.events.until('paused');
    bench.clock.shift(100 * HOUR);
    await bench.events.until('resumed');
    const last = (await bench.events.until('retrying', 2)).at(-1);
    expect(last).toMatchObject({ attempts: 1, reason: notNow.reason });
    bench.clock.shift(1_000);
    await bench.events.until('delivered', 2);
    expect(bench.events.of('failed')).toEqual([]);
  });

  it('forgets no message whose report is still on its way', async () => {
    const message = await bench.track('v');
    await bench.settle('v', NOT_CONVERTED);
    bench.provider.answers.push(refused);
    bench.storage.deliver();
    await bench.events.until('paused');
    bench.clock.shift(25 * HOUR);
    await bench.events.until('delivered');
    expect(statuses(bench.provider.received)).toEqual({ [message]: NOT_CONVERTED });
  });

  it('waits at its end for the request in flight, and starts no other', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.storage.deliver();
    const release = bench.provider.hold();
    await bench.provider.until(1);
    const stopped = bench.storage.stopDelivering(5_000);
    await bench.track('w');
    await bench.settle('w');
    release();
    await stopped;
    expect(bench.provider.abandoned).toBe(false);
    expect(bench.provider.received).toHaveLength(1);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('leaves a request in flight at its end once the timeout has passed', async () => {
    await bench.track('v');
    await bench.settle('v');
    bench.storage.deliver();
    const release = bench.provider.hold();
    await bench.provider.until(1);
    await bench.storage.stopDelivering(20);
    expect(await bench.storage.counts()).toMatchObject({ pending: 1 });
    release();
  });

  it('records and delivers nothing where another process delivers', async () => {
    await bench.reopen({ delivery: false });
    await bench.track('v');
    await bench.settle('v');
    bench.storage.deliver();
    await bench.storage.stopDelivering(0);
    expect(bench.provider.received).toEqual([]);
    expect(await bench.storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
  });

  it('has at most as many requests in flight as it may, also while more is recorded', async () => {
    await bench.reopen({ delivery: { ...settings, concurrency: 3 } });
    await bench.record(4);
    const release = bench.provider.hold();
    bench.storage.deliver();
    await bench.provider.until(3);
    await bench.record(4);
    await sleep(LONG_ENOUGH);
    expect(bench.provider.inFlight).toBe(3);
    release();
    await bench.events.until('delivered', 8);
    expect(bench.provider.mostInFlight).toBe(3);
  });

  it('makes no more requests than the rate limit lets, in whichever span', async () => {
    const rateLimit = { max: 4, duration: 500 };
    const { max, duration } = rateLimit;
    await bench.reopen({ delivery: { ...settings, rateLimit } });
    bench.storage.deliver();
    await bench.record(1);
    await bench.events.until('delivered');
    // Around the edge of a window that began with that one, twice as many would get through.
    await sleep(0.75 * duration);
    const start = bench.clock.elapsed();
    await bench.record(max + 1);
    await bench.events.until('delivered', 1 + max + 1);
    // All of these were made after the start, and none later than it arrived: a slow way excuses none.
    const last = bench.provider.arrivals[1 + max];
    expect(last - start).toBeGreaterThanOrEqual(duration);
  });
}
