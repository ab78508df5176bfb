import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ConversionStatus, InsightsBucket } from '../../../lib/index.js';
import { insightsCounters } from '../../../lib/insights/bucket.js';
import { Tally } from '../../../lib/insights/tally.js';
import { Ledger } from '../../../lib/storage/ledger/ledger.js';
import { memoryTables } from '../../../lib/storage/memory/memory-tables.js';

const { CONVERTED } = ConversionStatus;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

describe('what is counted', () => {
  const all = (tally: Tally): InsightsBucket[] => tally.read({ from: 0, to: 9e15 });

  it('takes 722 hours a country at most, however long it is counted and whatever time it is told', () => {
    const tally = new Tally(memoryTables().buckets);
    for (let hour = 0; hour < 40 * 24; hour += 1) {
      const now = START + hour * HOUR;
      for (const country of ['DE', 'US', '', 'nowhere'])
        for (const sentAt of [now, now - 29 * 24 * HOUR, now + HOUR, now + 900 * HOUR])
          tally.sent({ country, sentAt }, now);
      tally.sweep(now);
    }
    const buckets = all(tally);
    expect(new Set(buckets.map(({ country }) => country))).toEqual(new Set(['DE', 'US', '']));
    expect(buckets).toHaveLength(3 * 722);
  });

  it('is at most 42 numbers an hour and country', () => {
    expect(insightsCounters).toHaveLength(42);
    expect(new Set(insightsCounters).size).toBe(42);
  });

  it('leaves out what is said to be sent before the days that are kept', () => {
    const tally = new Tally(memoryTables().buckets);
    tally.sent({ country: 'DE', sentAt: START - 30 * 24 * HOUR - 1 }, START);
    expect(all(tally)).toEqual([]);
  });

  it('is forgotten by the sweep of a ledger in which nothing else is left', () => {
    const tables = memoryTables();
    const ledger = new Ledger(tables, { superseded: false, retention: HOUR });
    const messageUuid = '5b40a428-bfc7-4daf-9d06-726c558bf3b8';
    const message = { verificationId: 'v', messageUuid, sentAt: new Date(START) };
    ledger.track({ ...message, sentAtGiven: true }, START);
    ledger.sweep(START + HOUR);
    expect(ledger.nextDeadline()).toBe(START + HOUR + 30 * 24 * HOUR);
    ledger.sweep(START + HOUR + 30 * 24 * HOUR);
    expect(ledger.nextDeadline()).toBeUndefined();
    expect([...tables.buckets.read(0, Infinity)]).toEqual([]);
  });

  it('isn’t changed by the delivery of a report that is known by its message_uuid alone', () => {
    const ledger = new Ledger(memoryTables(), { superseded: false, retention: HOUR });
    const [tracked, untracked] = [randomUUID(), randomUUID()];
    const sentAt = new Date(START);
    ledger.track({ verificationId: 'v', messageUuid: tracked, sentAt, sentAtGiven: true }, START);
    for (const messageUuid of [tracked, untracked])
      ledger.enqueue({ messageUuid, status: CONVERTED, timestamp: sentAt }, START);
    const { reports } = ledger.due({ now: START, farthest: START }, 10, () => false);
    ledger.done(reports.find(({ messageUuid }) => messageUuid === untracked)!);
    const [{ counters }] = ledger.insights({ from: START, to: START + HOUR });
    expect(counters).toMatchObject({ sent: 1, converted: 1, pending: 1 });
  });

  it('says when the oldest hour is to be forgotten, and forgets it then', () => {
    const tally = new Tally(memoryTables().buckets);
    expect(tally.nextDeadline()).toBeUndefined();
    tally.sent({ country: 'DE', sentAt: START + 5 }, START + 5);
    tally.sent({ country: 'DE', sentAt: START + HOUR }, START + HOUR);
    const end = START + HOUR + 30 * 24 * HOUR;
    expect(tally.nextDeadline()).toBe(end);
    tally.sweep(end - 1);
    expect(all(tally)).toHaveLength(2);
    tally.sweep(end);
    expect(all(tally)).toHaveLength(1);
    expect(tally.nextDeadline()).toBe(end + HOUR);
  });

  it('has never more conversions than messages: some were sent before anything was counted', () => {
    const tally = new Tally(memoryTables().buckets);
    const message = { country: 'DE', sentAt: START };
    tally.converted(message, START + 1);
    expect(all(tally)).toEqual([]);
    tally.sent(message, START);
    tally.converted(message, START + 1);
    tally.converted(message, START + 1);
    tally.moved('pending', message, -1);
    tally.moved('pending', message, 1);
    expect(all(tally)).toEqual([
      {
        country: 'DE',
        hour: START,
        counters: { sent: 1, sent0: 1, converted: 1, took0: 1, prompt0: 1, pending: 1 },
      },
    ]);
  });

  it('tells every country apart, and none of them from another hour’s', () => {
    const tally = new Tally(memoryTables().buckets);
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const countries = ['', ...letters.flatMap((one) => letters.map((other) => one + other))];
    for (const sentAt of [START, START + HOUR])
      for (const country of countries) tally.sent({ country, sentAt }, START);
    const of = (hour: number) => all(tally).filter((bucket) => bucket.hour === hour);
    for (const hour of [START, START + HOUR])
      expect(of(hour).map(({ country }) => country)).toEqual(countries);
  });
});
