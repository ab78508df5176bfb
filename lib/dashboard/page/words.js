// Numbers, times and places, as the page's reader writes them.

const whole = new Intl.NumberFormat();
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const wholePercents = new Intl.NumberFormat(undefined, { style: 'percent' });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const times = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const names = new Intl.DisplayNames(undefined, { type: 'region', fallback: 'code' });

const NONE = '–';

export const count = (number) => whole.format(number);
export const percent = (rate) => (rate === null ? NONE : percents.format(rate));
export const wholePercent = (rate) => wholePercents.format(rate);
export const moment = (date) => moments.format(new Date(date));
export const time = (date) => times.format(new Date(date));
export const day = (date) => days.format(new Date(date));

const UNITS = [
  [1_000, 's'],
  [60_000, 'min'],
  [3_600_000, 'h'],
];

/** A span of time, in its best unit: "8.4 s", "37 s", "4.2 min". */
export function duration(ms) {
  if (ms === null || ms === undefined) return NONE;
  // What would be rounded up to a whole one is told as one.
  const [unit, name] = UNITS.findLast(([one]) => ms >= 0.995 * one) ?? UNITS[0];
  const value = ms / unit;
  return `${value < 10 ? tenths.format(value) : whole.format(Math.round(value))} ${name}`;
}

/** A country's name; those that messages had none of are told as such. */
export function countryName(code) {
  if (code === '') return 'Unknown country';
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** "1 report", "2 reports". */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
