import {
  BUCKET,
  BucketKey,
  InsightsBucket,
  InsightsCounter,
  InsightsMark,
  PROMPT,
  forgottenAt,
  hourOf,
  hoursKept,
  insightsCounters,
  slotOf,
} from './bucket.js';
import { binOf } from './time-to-convert.js';

/** A bucket's counters, in the order of their names. */
export type Counters = Float64Array<ArrayBuffer>;

/** Buckets by their numbers, which grow with the hour. */
export interface BucketTable {
  get(bucket: number): Counters | undefined;
  put(bucket: number, counters: Counters): void;
  remove(bucket: number): void;
  /** From the lower number up to, not including, the higher. */
  read(from: number, to: number): Iterable<readonly [bucket: number, counters: Counters]>;
}

/** What is told of a message that is counted. */
export interface Counted {
  readonly country: string;
  readonly sentAt: number;
}

/** Buckets of an hour at most: one a pair of letters, and one for no country. */
const COUNTRIES = 1 + 26 * 26;

/**
 * Counts messages by country and hour of sending. What makes its space a fixed one:
 *
 * - a bucket is made where a message is sent in the 30 days behind us, or in the hour that begins next
 *   (clocks differ); any other is counted nowhere;
 * - a country is two capital letters, or unknown;
 * - what becomes of a message is counted where its bucket is, and no message converts that wasn't
 *   sent: of messages tracked before there were buckets nothing is counted.
 */
export class Tally {
  constructor(private readonly table: BucketTable) {}

  sent({ country, sentAt }: Counted, now: number): void {
    const hour = hourOf(sentAt);
    const { from, to } = hoursKept(now);
    if (hour < from || hour >= to) return;
    const bucket = numberOf({ country, hour });
    const counters = this.table.get(bucket) ?? noCounters();
    counters[at.sent] += 1;
    counters[at.sent0 + slotOf(sentAt)] += 1;
    this.table.put(bucket, counters);
  }

  converted({ country, sentAt }: Counted, convertedAt: number): void {
    const bucket = numberOf({ country, hour: hourOf(sentAt) });
    const counters = this.table.get(bucket);
    if (!counters || counters[at.converted] >= counters[at.sent]) return;
    counters[at.converted] += 1;
    const time = convertedAt - sentAt;
    counters[at.took0 + binOf(time)] += 1;
    const slot = slotOf(sentAt);
    if (time <= PROMPT && counters[at.prompt0 + slot] < counters[at.sent0 + slot])
      counters[at.prompt0 + slot] += 1;
    this.table.put(bucket, counters);
  }

  /** A report of a message is on its way, or failed; or no more. */
  moved(name: 'pending' | 'failed', { country, sentAt }: Counted, by: 1 | -1): void {
    const bucket = numberOf({ country, hour: hourOf(sentAt) });
    const counters = this.table.get(bucket);
    if (!counters) return;
    counters[at[name]] = Math.max(0, counters[at[name]] + by);
    this.table.put(bucket, counters);
  }

  /** Returns whether the mark is set by this call. */
  mark({ name, at: moment, ...key }: InsightsMark): boolean {
    const bucket = numberOf(key);
    const counters = this.table.get(bucket) ?? noCounters();
    if (counters[at[name]] > 0) return false;
    counters[at[name]] = moment;
    this.table.put(bucket, counters);
    return true;
  }

  read({ from, to }: { from: number; to: number }): InsightsBucket[] {
    const [first, end] = [from, to].map((moment) => Math.ceil(moment / BUCKET) * COUNTRIES);
    return Array.from(this.table.read(first, end), ([bucket, counters]) => ({
      ...keyOf(bucket),
      counters: namedCounters(counters),
    }));
  }

  /** When the oldest bucket is to be forgotten. */
  nextDeadline(): number | undefined {
    for (const [bucket] of this.table.read(0, Infinity)) {
      return forgottenAt(keyOf(bucket).hour);
    }
    return undefined;
  }

  /** Forgets buckets whose time is over. */
  sweep(now: number): void {
    const over: number[] = [];
    for (const [bucket] of this.table.read(0, Infinity)) {
      if (forgottenAt(keyOf(bucket).hour) > now || over.length === COUNTRIES) break;
      over.push(bucket);
    }
    for (const bucket of over) this.table.remove(bucket);
  }
}

const at = Object.fromEntries(insightsCounters.map((name, place) => [name, place])) as Record<
  InsightsCounter,
  number
>;

/** All of them 0. */
export function noCounters(): Counters {
  return new Float64Array(insightsCounters.length);
}

function namedCounters(counters: Counters): InsightsBucket['counters'] {
  const named: Partial<Record<InsightsCounter, number>> = {};
  for (let place = 0; place < counters.length; place += 1)
    if (counters[place] > 0) named[insightsCounters[place]] = counters[place];
  return named;
}

const A = 'A'.charCodeAt(0);

function numberOf({ country, hour }: BucketKey): number {
  return Math.floor(hour / BUCKET) * COUNTRIES + codeOf(country);
}

/** From 1 up; 0 for what is no country. */
function codeOf(country: string): number {
  if (country.length !== 2) return 0;
  const [first, second] = [country.charCodeAt(0) - A, country.charCodeAt(1) - A];
  const areLetters = first >= 0 && first < 26 && second >= 0 && second < 26;
  return areLetters ? 1 + first * 26 + second : 0;
}

function keyOf(bucket: number): BucketKey {
  const code = bucket % COUNTRIES;
  const hour = ((bucket - code) / COUNTRIES) * BUCKET;
  if (code === 0) return { country: '', hour };
  const [first, second] = [Math.floor((code - 1) / 26), (code - 1) % 26];
  return { country: String.fromCharCode(A + first, A + second), hour };
}
