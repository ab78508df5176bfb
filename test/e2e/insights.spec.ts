import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import {
  ConversionStorage,
  CountryInsights,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
  TIME_TO_CONVERT_BOUNDS,
  TrackConversion,
} from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { BullMQConversionStorage } from '../../lib/storage/bullmq/index.js';
import { SeededRandom } from '../chaos/harness/random.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';
import { Redis, startRedis } from '../support/redis.js';
import { tempFolder } from '../support/temp-folder.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1' };
  }
}

/** A number of each country, as libphonenumber knows them; the last belongs to none. */
const numbers = {
  US: '+12025550123',
  GB: '+447400123456',
  DE: '+4915112345678',
  NG: '+2348021234567',
  '': '+80012345678',
};
const countries = Object.keys(numbers) as (keyof typeof numbers)[];

/** What a test knows of the messages to a country. */
interface Count {
  sent: number;
  converted: number;
  readonly times: number[];
}

/** A minute that somebody waits for passes in no time. */
class HastyClock extends ShiftableClock {
  override after(ms: number, callback: () => void): () => void {
    return super.after(ms === 60_000 ? 20 : ms, callback);
  }
}

describe('insights', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let sandbox: PlivoSandbox;
  let clock: ShiftableClock;
  let app: RunningApp;

  const start = async (): Promise<void> => {
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: { storage: new LmdbConversionStorage({ path: folder.path }) },
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
  };

  const send = (verificationId: string, dst: string) =>
    app.feedback.send({ verificationId, dst, src: '14155550100', text: 'Your code is 1' });

  const verify = (verificationId: string, code = '1') =>
    app.post('/verify', { verificationId, code });

  beforeEach(async () => {
    folder = await tempFolder();
    sandbox = await PlivoSandbox.start();
    clock = new HastyClock();
    await start();
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await folder.remove();
  });

  /** What insights say, without what hours and reports add to it. */
  const summed = ({ country, sent, converted, rate }: CountryInsights) => ({
    country,
    sent,
    converted,
    rate,
  });

  it('equal an independent count of a seeded run, also after a restart', async () => {
    const random = new SeededRandom(2026);
    const counts = new Map<string, Count>(
      countries.map((country) => [country, { sent: 0, converted: 0, times: [] }]),
    );
    for (let i = 0; i < 200; i += 1) {
      const country = random.pick(countries);
      const count = counts.get(country)!;
      const messages = random.chance(0.2) ? 2 : 1;
      for (let sent = 0; sent < messages; sent += 1) await send(`v${i}`, numbers[country]);
      count.sent += messages;
      const sentAt = clock.now();
      if (random.chance(0.3)) await verify(`v${i}`, 'wrong');
      if (random.chance(0.75)) {
        clock.shift(random.integer(100, 90_000));
        count.times.push(clock.now() - sentAt);
        await verify(`v${i}`);
        count.converted += 1;
        if (random.chance(0.2)) await verify(`v${i}`);
      }
      clock.shift(random.integer(0, 60_000));
    }
    expect(await app.feedback.flush({ timeout: 60_000 })).toBe(true);

    const expected = [...counts]
      .map(([country, { sent, converted }]) => ({
        country,
        sent,
        converted,
        rate: converted / sent,
      }))
      .sort((a, b) => b.sent - a.sent || (a.country < b.country ? -1 : 1));
    const insights = await app.feedback.insights();
    expect(insights.countries.map(summed)).toEqual(expected);
    const sum = (what: 'sent' | 'converted') =>
      expected.reduce((total, count) => total + count[what], 0);
    expect(insights.total).toMatchObject({
      sent: sum('sent'),
      converted: sum('converted'),
      pending: 0,
      failed: 0,
    });
    for (const { country, medianTimeToConvert, p95TimeToConvert, hours } of insights.countries) {
      const times = counts.get(country)!.times.toSorted((a, b) => a - b);
      expect(binsApart(medianTimeToConvert!, times, 0.5)).toBeLessThanOrEqual(1);
      expect(binsApart(p95TimeToConvert!, times, 0.95)).toBeLessThanOrEqual(1);
      expect(hours.reduce((sent, hour) => sent + hour.sent, 0)).toBe(counts.get(country)!.sent);
    }

    await app.close();
    await start();
    const { from, to } = insights;
    expect(await app.feedback.insights({ from, to })).toEqual(insights);
    clock.shift(2 * DAY);
    expect(await app.feedback.insights({ from, to })).toEqual(insights);
    expect((await app.feedback.insights()).total.sent).toBe(0);
  }, 120_000);

  it('tell reports that failed or wait apart from those that Plivo has', async () => {
    for (const id of ['delivered', 'failed', 'waiting']) await send(id, numbers.DE);
    await verify('delivered');
    await app.events.until('delivered');
    sandbox.fail({ status: 404, on: 'conversion' });
    await verify('failed');
    await app.events.until('failed');
    await sandbox.down();
    await verify('waiting');
    await app.events.until('recorded', 3);
    const { countries: found } = await app.feedback.insights();
    expect(found).toMatchObject([
      { country: 'DE', sent: 3, converted: 3, rate: 1, pending: 1, failed: 1 },
    ]);
  });

  it('refuse a range that ends before it begins, or is longer than 30 days', async () => {
    const { feedback } = app;
    const to = new Date('2026-11-25T10:00:00Z');
    const faults = async (from: Date) => {
      const error = await feedback.insights({ from, to }).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InvalidOptionsError);
      return (error as Error).message;
    };
    expect(await faults(to)).toContain('`to` Wed Nov 25 2026');
    expect(await faults(to)).toContain('must be later than `from`');
    expect(await faults(new Date(to.getTime() - 30 * DAY - 1))).toContain('at most 30 days after');
    const longest = await feedback.insights({ from: new Date(to.getTime() - 30 * DAY), to });
    expect(longest.to).toEqual(to);
  });

  it('are watched where reports are delivered: a drop is an event and a line in the log', async () => {
    const dst = numbers.NG;
    const login = async (id: string, converts: boolean) => {
      await app.feedback.track(id, randomUUID(), { dst });
      clock.shift(20_000);
      if (converts) await app.feedback.report(id);
    };
    for (let i = 0; i < 110; i += 1) await login(`good-${i}`, true);
    clock.shift(2 * HOUR);
    for (let i = 0; i < 30; i += 1) await login(`bad-${i}`, false);
    clock.shift(HOUR / 3);
    const [event] = await app.events.until('conversionDropped');
    expect(event).toMatchObject({ country: 'NG', rate: 0, normalRate: 1 });
    expect(
      app.log.matching(/^warn Conversions to NG dropped: 0 % of the \d+ messages/),
    ).toHaveLength(1);
    expect(app.log.lines.join('\n')).not.toContain(dst.slice(1));
    expect((await app.feedback.insights()).countries[0].drops).toEqual([
      { since: event.since, until: null },
    ]);
  });
});

describe.each(['memory', 'LMDB', 'Redis'])(
  'the insights of a country that is down, in %s',
  (kind) => {
    let folder: Awaited<ReturnType<typeof tempFolder>>;
    let redis: Redis | undefined;
    let sandbox: PlivoSandbox;
    let storage: ConversionStorage;
    let app: RunningApp;

    beforeEach(async () => {
      folder = await tempFolder();
      sandbox = await PlivoSandbox.start();
      if (kind === 'Redis') redis = await startRedis();
      storage = redis
        ? new BullMQConversionStorage({ connection: { host: '127.0.0.1', port: redis.port } })
        : kind === 'LMDB'
          ? new LmdbConversionStorage({ path: folder.path })
          : new MemoryConversionStorage();
      app = await startApp({ sandbox, options: { storage } });
    });

    afterEach(async () => {
      await app.close();
      await sandbox.stop();
      await redis?.stop();
      redis = undefined;
      await folder.remove();
    });

    it('tell so for as long as that lasts, and until when it did', async () => {
      const now = Date.now();
      const hoursAgo = (hours: number) => new Date(now - hours * HOUR);
      const mark = (name: 'droppedAt' | 'recoveredAt', at: Date, seen = at.getTime()) =>
        storage.markInsights({ country: 'DE', hour: seen - (seen % HOUR), name, at: at.getTime() });
      const drops = async (range?: { from: Date; to: Date }) =>
        (await app.feedback.insights(range)).countries[0].drops;
      for (const sentAt of [hoursAgo(0), hoursAgo(40)])
        await app.feedback.track(randomUUID(), randomUUID(), { dst: numbers.DE, sentAt });

      const since = hoursAgo(45);
      await mark('droppedAt', since, now - 30 * HOUR);
      expect(await drops()).toEqual([{ since, until: null }]);
      const before = { from: hoursAgo(44), to: hoursAgo(36) };
      expect(await drops(before)).toEqual([{ since, until: null }]);

      const until = hoursAgo(2);
      await mark('recoveredAt', until);
      expect(await drops()).toEqual([{ since, until }]);
      expect(await drops(before)).toEqual([{ since, until: null }]);
      expect(await drops({ from: hoursAgo(0), to: new Date(now + 1) })).toEqual([]);
    });
  },
);

/** How many bins an estimate is away from the true quantile: a millisecond may change the bin. */
function binsApart(estimate: number, sorted: readonly number[], share: number): number {
  const exact = sorted[Math.ceil(sorted.length * share) - 1];
  const bin = (time: number) => TIME_TO_CONVERT_BOUNDS.findIndex((bound) => time <= bound);
  return Math.abs(bin(estimate) - bin(exact));
}
