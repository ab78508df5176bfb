import { TIME_TO_CONVERT_BOUNDS } from './time-to-convert.js';

/** Length of a bucket, in ms. */
export const BUCKET = 3_600_000;
/** How long buckets are kept, in ms from the end of their hour: 30 days. */
const BUCKETS_KEPT = 30 * 24 * BUCKET;
/** Length of a slot, in ms: messages are counted by it as well, so that a drop shows within the hour. */
export const SLOT = 600_000;
/** Slots of a bucket. */
export const SLOTS = BUCKET / SLOT;
/** A message counts as converted promptly that did so within so many ms; a bound of the bins. */
export const PROMPT = 300_000;

/** Which bucket a message counts in: its country, and the hour in which it was sent. */
export interface BucketKey {
  /** ISO 3166-1 alpha-2 code of the messages' destination; empty where it is unknown. */
  readonly country: string;
  /** The hour in which they were sent: its start in UTC, in ms since 1970. */
  readonly hour: number;
}

const bins = TIME_TO_CONVERT_BOUNDS.map((_, bin) => `took${bin}` as const);
const slots = Array.from({ length: SLOTS }, (_, slot) => slot);

/**
 * Names of a bucket's counters, integers from 0 up; one that is absent is 0.
 *
 * - `sent`: messages tracked; `sent0` to `sent5`: those of each ten minutes.
 * - `converted`: those of them that are CONVERTED, whenever that was; `prompt0` to `prompt5`: those
 *   of each ten minutes that did so within 5 minutes of their sending.
 * - `took0` to `took23`: those that converted, by their time to convert; see TIME_TO_CONVERT_BOUNDS.
 * - `pending`, `failed`: their reports that are on their way now, or kept as failed.
 * - `droppedAt`, `recoveredAt`: marks, in ms since 1970: see `InsightsMark`.
 *
 * Storages may keep them in this order: new names come last.
 */
export const insightsCounters = [
  'sent',
  'converted',
  'pending',
  'failed',
  'droppedAt',
  'recoveredAt',
  ...bins,
  ...slots.map((slot) => `sent${slot}` as const),
  ...slots.map((slot) => `prompt${slot}` as const),
] as const;

export type InsightsCounter = (typeof insightsCounters)[number];

/** What is counted of the messages to a country that were sent in an hour. No number, id or text. */
export interface InsightsBucket extends BucketKey {
  readonly counters: Readonly<Partial<Record<InsightsCounter, number>>>;
}

/**
 * Notes that a country's conversion rate has dropped, or recovered: in the bucket of the hour in which
 * that was seen, so that it is seen by one process alone.
 */
export interface InsightsMark extends BucketKey {
  readonly name: 'droppedAt' | 'recoveredAt';
  /** When it began, or ended, in ms since 1970. */
  readonly at: number;
}

/** Start of the hour that a moment is in. */
export function hourOf(at: number): number {
  return at - (at % BUCKET);
}

/**
 * The hours of which something is counted and kept: those of the last 30 days, the running one, and
 * the next, since clocks differ. `to` isn't included.
 */
export function hoursKept(now: number): { from: number; to: number } {
  return { from: hourOf(now) - BUCKETS_KEPT, to: hourOf(now) + 2 * BUCKET };
}

/** When an hour is to be forgotten. */
export function forgottenAt(hour: number): number {
  return hour + BUCKET + BUCKETS_KEPT;
}

/** Which of its hour's slots a moment is in. */
export function slotOf(at: number): number {
  return Math.floor((at % BUCKET) / SLOT);
}
