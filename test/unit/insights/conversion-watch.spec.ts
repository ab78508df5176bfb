import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionDroppedEvent } from '../../../lib/index.js';
import { ConversionWatch } from '../../../lib/insights/conversion-watch.js';
import { SeededRandom } from '../../chaos/harness/random.js';
import { ManualClock, settled } from '../../support/clocks.js';
import { EventLog } from '../../support/event-log.js';
import { InsightsStorage } from '../../support/insights-storage.js';
import { LogLines } from '../../support/log-lines.js';
import { traffic } from '../../support/traffic.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('the watch over conversion rates', () => {
  let clock: ManualClock;
  let storage: InsightsStorage;
  let events: EventLog;
  let log: LogLines;
  let watches: ConversionWatch[];

  const watch = (): ConversionWatch => {
    const started = new ConversionWatch(storage, { clock, logger: log, emit: events.emit });
    started.start();
    watches.push(started);
    return started;
  };

  /** Lets time pass in which so many messages an hour go to a country, and so many of them convert. */
  const pass = async (ms: number, sent: number, converted: number, country = 'DE') => {
    for (const end = clock.now() + ms; clock.now() < end;) {
      for (let i = 0; i < sent / 6; i += 1) {
        const message = { country, sentAt: clock.now() };
        storage.tally.sent(message, clock.now());
        if (i < converted / 6) storage.tally.converted(message, clock.now() + 30_000);
      }
      await clock.leap(10 * MINUTE, MINUTE);
    }
  };

  /** Another process takes the watch over. */
  const restart = () => {
    watches.forEach((started) => started.stop());
    watch();
  };

  const dropped = () => events.of('conversionDropped');
  const recovered = () => events.of('conversionRecovered');

  beforeEach(() => {
    clock = new ManualClock();
    storage = new InsightsStorage();
    events = new EventLog();
    log = new LogLines();
    watches = [];
  });

  afterEach(() => watches.forEach((started) => started.stop()));

  it('says within the hour that a country’s routes broke, and says it of no other, over 100 seeds', async () => {
    const countries = { US: 24, GB: 18, DE: 14, FR: 12, BR: 10, IN: 9, NG: 7, ID: 6 };
    const names = Object.keys(countries);
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = new SeededRandom(seed);
      clock = new ManualClock();
      const start = clock.now();
      const broken = names[seed % names.length];
      const brokenAt = start + random.integer(16, 22) * HOUR;
      const day = traffic(
        random,
        { from: start, length: DAY, count: 20_000 },
        Object.entries(countries).map(([name, weight]) => {
          const rate = random.integer(60, 90) / 100;
          const rateAt = (moment: number) =>
            name === broken && moment >= brokenAt ? rate / 10 : rate;
          return { name, weight, rateAt };
        }),
      );
      const conversions = day
        .flatMap(({ convertedAt, ...message }) =>
          convertedAt === undefined ? [] : { ...message, convertedAt },
        )
        .sort((one, other) => one.convertedAt - other.convertedAt);

      storage = new InsightsStorage();
      events = new EventLog();
      const seen: { at: number; country: string }[] = [];
      const watching = new ConversionWatch(storage, {
        clock,
        logger: log,
        emit: (event) => {
          events.emit(event);
          seen.push({ at: clock.now(), country: (event as ConversionDroppedEvent).country });
        },
      });
      watching.start();
      let [sent, converted] = [0, 0];
      while (clock.now() < brokenAt + HOUR) {
        const now = clock.now() + 5 * MINUTE;
        for (; day[sent]?.sentAt < now; sent += 1) storage.tally.sent(day[sent], now);
        for (; conversions[converted]?.convertedAt < now; converted += 1)
          storage.tally.converted(conversions[converted], conversions[converted].convertedAt);
        clock.jump(5 * MINUTE);
        await settled();
      }
      watching.stop();

      expect({ seed, types: events.all.map(({ type }) => type), seen }).toEqual({
        seed,
        types: ['conversionDropped'],
        seen: [{ at: expect.any(Number), country: broken }],
      });
      expect(seen[0].at).toBeGreaterThan(brokenAt);
    }
  }, 120_000);

  it('says how low the rate is, how high it normally is, and since when', async () => {
    watch();
    await pass(DAY, 60, 48);
    const brokenAt = clock.now();
    await pass(HOUR, 60, 6);
    expect(dropped()).toEqual([
      {
        type: 'conversionDropped',
        country: 'DE',
        rate: 0.1,
        normalRate: 0.8,
        sent: expect.any(Number),
        since: new Date(brokenAt),
        until: expect.any(Date),
      },
    ]);
    const [{ since, until, sent }] = dropped();
    expect(until.getTime() - since.getTime()).toBe(sent * MINUTE);
    expect(log.matching(/^warn Conversions to DE dropped: 10 % .* normally 80 % do/)).toHaveLength(
      1,
    );
  });

  it('says it once, and again only after the rate had recovered', async () => {
    watch();
    await pass(DAY, 60, 48);
    await pass(5 * HOUR, 60, 6);
    expect(dropped()).toHaveLength(1);
    await pass(3 * HOUR, 60, 48);
    expect(recovered()).toEqual([
      { type: 'conversionRecovered', country: 'DE', since: dropped()[0].since },
    ]);
    expect(log.matching(/^log Conversions to DE are normal again/)).toHaveLength(1);
    expect(dropped()).toHaveLength(1);
    await pass(2 * HOUR, 60, 6);
    expect(dropped()).toHaveLength(2);
  });

  it('says it once where many processes deliver, and once more by none that starts later', async () => {
    watch();
    watch();
    await pass(DAY, 60, 48);
    await pass(HOUR, 60, 6);
    expect(dropped()).toHaveLength(1);
    restart();
    await pass(2 * HOUR, 60, 6);
    expect(dropped()).toHaveLength(1);
    await pass(3 * HOUR, 60, 48);
    expect(recovered()).toHaveLength(1);
  });

  it('says nothing of nine messages, however few convert', async () => {
    watch();
    await pass(DAY, 60, 54);
    clock.jump(2 * DAY);
    for (let i = 0; i < 9; i += 1)
      storage.tally.sent({ country: 'DE', sentAt: clock.now() }, clock.now());
    await clock.leap(HOUR, MINUTE);
    expect(events.all).toEqual([]);
  });

  it('says nothing of a country of which it isn’t known what is normal', async () => {
    watch();
    await pass(30 * MINUTE, 180, 160);
    await pass(HOUR, 60, 6);
    expect(events.all).toEqual([]);
  });

  it('says nothing of a rate that is a tenth lower, however many messages show it', async () => {
    watch();
    await pass(DAY, 6_000, 4_800);
    await pass(6 * HOUR, 6_000, 4_320);
    expect(events.all).toEqual([]);
  });

  it('compares with no time before in which the rate was low', async () => {
    watch();
    await pass(DAY, 60, 48);
    await pass(DAY, 60, 6);
    await pass(6 * HOUR, 60, 48);
    await pass(HOUR, 60, 6);
    const normal = dropped().map(({ normalRate }) => normalRate);
    expect(normal).toEqual([0.8, expect.closeTo(0.8, 1)]);
  });

  it.each([
    ['', () => {}],
    [', where another process takes over', restart],
  ])('says a drop also a week after a longer one%s', async (_, takeOver) => {
    watch();
    await pass(10 * DAY, 60, 48);
    await pass(6.5 * DAY, 60, 12);
    await pass(2 * DAY, 60, 48);
    takeOver();
    await pass(3 * HOUR, 60, 30);
    expect(dropped().map(({ normalRate }) => normalRate)).toEqual([0.8, expect.closeTo(0.8, 2)]);
  });

  it('says that a drop is over once the rate is back, also a week after a longer one', async () => {
    watch();
    await pass(10 * DAY, 60, 48);
    await pass(6.5 * DAY, 60, 12);
    await pass(DAY, 60, 48);
    await pass(2 * DAY, 60, 24);
    expect([dropped().length, recovered().length]).toEqual([2, 1]);
    await pass(2 * HOUR, 60, 48);
    expect([dropped().length, recovered().length]).toEqual([2, 2]);
  });

  it('knows a drop for as long as the time before another says what is normal, also after a restart', async () => {
    watch();
    await pass(10 * DAY, 60, 48);
    await pass(6.5 * DAY, 60, 12);
    await pass(5.5 * DAY, 60, 48);
    await pass(6.5 * DAY, 60, 36);
    expect([dropped().length, recovered().length]).toEqual([2, 1]);
    restart();
    await pass(6 * HOUR, 60, 36);
    expect([dropped().length, recovered().length]).toEqual([2, 1]);
    await pass(2 * HOUR, 60, 48);
    expect([dropped().length, recovered().length]).toEqual([2, 2]);
  });

  it.each([
    ['six days', 6 * DAY],
    ['nearly seven days', 7 * DAY - 70 * MINUTE],
  ])('takes a good hour after a drop of %s for no other normal', async (_, length) => {
    watch();
    await pass(9 * DAY, 60, 48);
    await pass(length, 60, 12);
    await pass(HOUR + 10 * MINUTE, 60, 48);
    expect(recovered()).toHaveLength(1);
    await pass(6 * DAY, 60, 24);
    expect([dropped().length, recovered().length]).toEqual([2, 1]);
  });

  it('takes what lasts for seven days to be normal', async () => {
    watch();
    await pass(7 * DAY, 60, 48);
    await pass(6 * DAY, 60, 30);
    expect(recovered()).toHaveLength(0);
    await pass(1.2 * DAY, 60, 30);
    expect(recovered()).toHaveLength(1);
    await pass(2 * DAY, 60, 30);
    expect(recovered()).toHaveLength(1);
    expect(dropped()).toHaveLength(1);
  });

  it('looks again when the storage failed', async () => {
    watch();
    await pass(DAY, 60, 48);
    storage.fault = new Error('no space left');
    await pass(30 * MINUTE, 60, 6);
    expect(events.all).toEqual([]);
    storage.fault = undefined;
    await clock.leap(2 * MINUTE, MINUTE);
    expect(dropped()).toHaveLength(1);
  });

  it('reads the storage once for each ten minutes', async () => {
    watch();
    await pass(HOUR, 60, 48);
    const { reads } = storage;
    await pass(HOUR, 60, 48);
    expect(storage.reads - reads).toBe(6);
  });

  it('says nothing once it is stopped', async () => {
    const stopped = watch();
    await pass(DAY, 60, 48);
    stopped.stop();
    await pass(HOUR, 60, 6);
    expect(events.all).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
