import { describe, expect, it } from '@jest/globals';
import { InsightsBucket } from '../../../lib/index.js';
import { markedHours } from '../../../lib/insights/drops.js';
import { summarize, wholeHours } from '../../../lib/insights/summary.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const range = { from: START, to: START + 3 * HOUR };

const bucket = (
  country: string,
  hour: number,
  counters: InsightsBucket['counters'],
): InsightsBucket => ({ country, hour: START + hour * HOUR, counters });

describe('insights', () => {
  it('have a rate and times for all messages, each country and each hour', () => {
    const insights = summarize(range, [
      bucket('DE', 1, { sent: 2, converted: 1, took4: 1, pending: 1 }),
      bucket('DE', 0, { sent: 2, converted: 2, took7: 2 }),
      bucket('US', 0, { sent: 6, converted: 3, took4: 3, failed: 2 }),
    ]);
    expect(insights).toMatchObject({
      from: new Date(START),
      to: new Date(START + 3 * HOUR),
      total: { sent: 10, converted: 6, rate: 0.6, pending: 1, failed: 2 },
    });
    expect(insights.total.hours.map(({ sent }) => sent)).toEqual([8, 2]);
    expect(insights.countries.map(({ country, rate }) => [country, rate])).toEqual([
      ['US', 0.5],
      ['DE', 0.75],
    ]);
    expect(insights.countries[1].hours).toEqual([
      {
        hour: new Date(START),
        sent: 2,
        converted: 2,
        rate: 1,
        medianTimeToConvert: 16_250,
        p95TimeToConvert: 18_750,
        pending: 0,
        failed: 0,
      },
      {
        hour: new Date(START + HOUR),
        sent: 2,
        converted: 1,
        rate: 0.5,
        medianTimeToConvert: 6_000,
        p95TimeToConvert: 6_000,
        pending: 1,
        failed: 0,
      },
    ]);
  });

  it('have no rate and no times where nothing was sent or converted', () => {
    const none = { rate: null, medianTimeToConvert: null, p95TimeToConvert: null };
    expect(summarize(range, []).total).toMatchObject({ sent: 0, ...none, hours: [] });
    const [{ rate, medianTimeToConvert }] = summarize(range, [
      bucket('DE', 0, { sent: 3 }),
    ]).countries;
    expect([rate, medianTimeToConvert]).toEqual([0, null]);
  });

  it('list the drops of a country, with their ends where they had one', () => {
    const [since, until, again] = [START + 600_000, START + HOUR + 5, START + 2 * HOUR];
    const { countries } = summarize(range, [
      bucket('DE', 0, { sent: 1, droppedAt: since }),
      bucket('DE', 1, { sent: 1, recoveredAt: until }),
      bucket('DE', 2, { sent: 1, droppedAt: again }),
    ]);
    expect(countries[0].drops).toEqual([
      { since: new Date(since), until: new Date(until) },
      { since: new Date(again), until: null },
    ]);
  });

  it('list a drop that began before the range, and lasts in it or after it', () => {
    const since = START - 30 * HOUR;
    const begun = [bucket('DE', -29, { sent: 9, droppedAt: since }), bucket('DE', 1, { sent: 1 })];
    const drops = (...more: InsightsBucket[]) =>
      summarize(range, [...begun, ...more]).countries[0].drops;
    const [ended, within, later] = [START - 1, START + 5, START + 4 * HOUR];
    expect(drops()).toEqual([{ since: new Date(since), until: null }]);
    expect(drops(bucket('DE', 0, { recoveredAt: within }))).toEqual([
      { since: new Date(since), until: new Date(within) },
    ]);
    expect(drops(bucket('DE', 4, { recoveredAt: later }))).toEqual([
      { since: new Date(since), until: null },
    ]);
    expect(drops(bucket('DE', -1, { recoveredAt: ended }))).toEqual([]);
  });

  it('list a drop that was seen only after the range, and none that began after it', () => {
    const sent = bucket('DE', 1, { sent: 1 });
    const seenAt = (hour: number, since: number) =>
      summarize(range, [sent, bucket('DE', hour, { droppedAt: since })]).countries[0].drops;
    expect(seenAt(20, START + HOUR)).toEqual([{ since: new Date(START + HOUR), until: null }]);
    expect(seenAt(3, range.to)).toEqual([]);
  });

  it('list a drop for seven days, also where nobody watched when it became normal', () => {
    const since = START - 7 * DAY + HOUR;
    const dropOf = (before: number) =>
      summarize(range, [
        bucket('DE', -150, { droppedAt: since - before }),
        bucket('DE', 1, { sent: 1 }),
      ]).countries[0].drops;
    expect(dropOf(0)).toEqual([{ since: new Date(since), until: new Date(START + HOUR) }]);
    expect(dropOf(HOUR)).toEqual([]);
  });

  it('count nothing of the hours around the range, where drops are looked for', () => {
    const { from, to } = markedHours(range);
    const around = [from, START - HOUR, range.to, to - HOUR].map((hour) => ({
      country: 'DE',
      hour,
      counters: { sent: 5, converted: 5, took4: 5, pending: 1, failed: 1 },
    }));
    const within = bucket('US', 0, { sent: 1 });
    expect(summarize(range, [...around, within])).toEqual(summarize(range, [within]));
  });

  it('look for drops seven days before the range, and a day and an hour after it', () => {
    expect(markedHours(range)).toEqual({ from: START - 7 * DAY, to: range.to + DAY + HOUR });
  });

  it('are of whole hours', () => {
    const whole = { from: START, to: START + HOUR };
    expect(wholeHours({ from: START, to: START + HOUR })).toEqual(whole);
    expect(wholeHours({ from: START + 1, to: START + 2 })).toEqual(whole);
    expect(wholeHours({ from: START + HOUR - 1, to: START + HOUR + 1 })).toEqual({
      from: START,
      to: START + 2 * HOUR,
    });
  });
});
