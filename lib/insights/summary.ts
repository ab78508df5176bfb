import { BUCKET, InsightsBucket, InsightsCounter, hourOf } from './bucket.js';
import { dropsWithin } from './drops.js';
import { quantile } from './histogram.js';
import { CountryInsights, Insights, InsightsFigures, InsightsSeries } from './insights.js';
import { TIME_TO_CONVERT_BOUNDS } from './time-to-convert.js';

/** The whole hours that a range, in ms since 1970, touches. */
export function wholeHours({ from, to }: { from: number; to: number }) {
  return { from: hourOf(from), to: hourOf(to - 1) + BUCKET };
}

/**
 * Makes of a storage's buckets what an app wants to know.
 * @param buckets those of the range; those of `markedHours` tell its drops
 */
export function summarize(
  { from, to }: { from: number; to: number },
  buckets: readonly InsightsBucket[],
): Insights {
  const isWithin = ({ hour }: InsightsBucket): boolean => hour >= from && hour < to;
  const byCountry = grouped(buckets, ({ country }) => country);
  const countries = Array.from(byCountry, ([country, all]): CountryInsights => {
    const drops = dropsWithin({ from, to }, all).map(({ since, until }) => ({
      since: new Date(since),
      until: until === undefined ? null : new Date(until),
    }));
    return { country, ...series(all.filter(isWithin)), drops };
  });
  return {
    from: new Date(from),
    to: new Date(to),
    total: series(buckets.filter(isWithin)),
    countries: countries
      .filter(({ sent }) => sent > 0)
      .sort((one, other) => other.sent - one.sent || (one.country < other.country ? -1 : 1)),
  };
}

function series(buckets: readonly InsightsBucket[]): InsightsSeries {
  const byHour = grouped(buckets, ({ hour }) => hour);
  const hours = Array.from(byHour, ([hour, all]) => ({ hour: new Date(hour), ...figures(all) }));
  return {
    ...figures(buckets),
    hours: hours
      .filter(({ sent }) => sent > 0)
      .sort((one, other) => one.hour.getTime() - other.hour.getTime()),
  };
}

function figures(buckets: readonly InsightsBucket[]): InsightsFigures {
  const sum = (name: InsightsCounter): number =>
    buckets.reduce((total, { counters }) => total + (counters[name] ?? 0), 0);
  const [sent, converted] = [sum('sent'), sum('converted')];
  const times = TIME_TO_CONVERT_BOUNDS.map((_, bin) => sum(`took${bin}`));
  return {
    sent,
    converted,
    rate: sent === 0 ? null : converted / sent,
    medianTimeToConvert: quantile(times, 0.5),
    p95TimeToConvert: quantile(times, 0.95),
    pending: sum('pending'),
    failed: sum('failed'),
  };
}

function grouped<K>(
  buckets: readonly InsightsBucket[],
  keyOf: (bucket: InsightsBucket) => K,
): Map<K, InsightsBucket[]> {
  const groups = new Map<K, InsightsBucket[]>();
  for (const bucket of buckets) {
    const group = groups.get(keyOf(bucket));
    if (group) group.push(bucket);
    else groups.set(keyOf(bucket), [bucket]);
  }
  return groups;
}
