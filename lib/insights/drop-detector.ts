import { SLOT } from './bucket.js';
import { chanceOf, Sample } from './drop-test.js';
import { LONGEST_DROP } from './drops.js';
import { CountryHistory, lastRipe } from './history.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Lengths of the spans that are looked at, in ms, each up to the last ripe message. */
const WINDOWS = [...[1, 2, 3, 4, 5, 6].map((slots) => slots * SLOT), 6 * HOUR, DAY];
/** The days before a window that say what is normal, in ms. */
const NORMAL = 7 * DAY;
/** The days before a drop's beginning that say when it is over, in ms: all that it was compared with. */
const NORMAL_BEFORE = DAY + NORMAL;
/** As far back as anything is asked for, in ms. */
export const LOOKED_BACK = LONGEST_DROP + NORMAL_BEFORE;

/** Messages in a window at least: below that a few people decide. */
const FEWEST = 10;
/** Messages at least that say what is normal. */
const FEWEST_NORMAL = 100;
/** A rate is clearly lower where it is below so much of the normal one. */
const CLEARLY = 0.8;
/** Drops that chance may show in a day, over all countries. */
const FALSE_DROPS = 0.001;

/** Messages at least that say that a drop is over. */
const FEWEST_RECOVERED = 50;
/** A drop is over where the rate reaches so much of the normal one. */
const RECOVERED = 0.9;

/** A rate that is clearly below normal. */
export interface Drop extends Sample {
  readonly rate: number;
  readonly normalRate: number;
  readonly since: number;
  readonly until: number;
}

/**
 * The p-value below which a window's rate counts as lower: Bonferroni's correction for every look at
 * every window of every country in a day, as if each could go wrong by itself.
 */
export function significance(countries: number): number {
  return FALSE_DROPS / ((DAY / SLOT) * WINDOWS.length * Math.max(1, countries));
}

/** Whether there is enough of a country to compare with, now. */
export function hasNormal(history: CountryHistory, now: number): boolean {
  return normalUpTo(history, lastRipe(now)).sent >= FEWEST_NORMAL;
}

/**
 * Whether a country's rate is clearly below its own of the seven days before, and where that shows
 * first: among the messages of the last ten, twenty, up to sixty minutes, six hours or day that have
 * had their time, in this order. What was sent before the last drop was over counts in no window, and
 * what was sent during one isn't normal.
 *
 * @param alpha see `significance`
 */
export function findDrop(history: CountryHistory, now: number, alpha: number): Drop | undefined {
  const until = lastRipe(now);
  const recovered = Math.max(-Infinity, ...history.drops.map((drop) => drop.until ?? Infinity));
  for (const window of WINDOWS) {
    const since = Math.max(until - window, Math.ceil(recovered / SLOT) * SLOT);
    const sample = history.sample(since, until);
    const rate = rateOf(sample);
    // No rate is above 1: most windows need no comparison.
    if (sample.sent < FEWEST || rate >= CLEARLY) continue;
    const normal = normalUpTo(history, until - Math.max(window, HOUR));
    const normalRate = rateOf(normal);
    if (normal.sent < FEWEST_NORMAL || rate >= CLEARLY * normalRate) continue;
    if (chanceOf(sample, normal) < alpha) return { ...sample, rate, normalRate, since, until };
  }
  return undefined;
}

/**
 * Whether the drop that began at a moment is over: the rate of the last hour, or of as long as it
 * takes to have 50 messages, is back at nine tenths of what was normal before; or the drop lasts for
 * seven days, and what it led to has become normal.
 */
export function isOver(history: CountryHistory, since: number, now: number): boolean {
  if (now - since > LONGEST_DROP) return true;
  const end = lastRipe(now);
  const normal = normalUpTo(history, since, NORMAL_BEFORE);
  for (let from = end - HOUR; from >= since; from -= SLOT) {
    const sample = history.sample(from, end);
    if (sample.sent >= FEWEST_RECOVERED) return rateOf(sample) >= RECOVERED * rateOf(normal);
  }
  return false;
}

/** The days before a moment, or what there is of them since a drop became normal. */
function normalUpTo(history: CountryHistory, moment: number, length = NORMAL): Sample {
  const became = history.drops.findLast(({ since, until = since }) => until - since > LONGEST_DROP);
  return history.sampleOfNormal(Math.max(moment - length, became?.until ?? 0), moment);
}

function rateOf({ sent, converted }: Sample): number {
  return sent === 0 ? 0 : converted / sent;
}
