// The three plots, by uPlot. They share their hours and a cursor; the table below them says the same.
/* global uPlot */
import { byId } from './elements.js';
import { count, day, duration, moment, percent, time, wholePercent } from './words.js';

const HOUR = 3_600;
const HEIGHT = 220;
/** Spans of an axis' labels, in seconds: hours and days alone. */
const STEPS = [1, 2, 3, 6, 12, 24, 48, 72, 120, 168].map((hours) => hours * HOUR);

let shown = [];
let lastDrawn;

/** Draws a range's hours. `drops` are shaded in the plot of rates. */
export function drawPlots(range, hours, drops) {
  lastDrawn = [range, hours, drops];
  for (const plot of shown) plot.destroy();
  const series = filledIn(range, hours);
  const colors = colorsNow();
  shown = PLOTS.map((plot) => {
    const place = byId(plot.id);
    const options = {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: {
        sync: { key: 'hours' },
        drag: { x: false, y: false },
        y: false,
        points: { size: 8 },
      },
      legend: { live: true },
      scales: { x: { time: true }, y: { range: plot.range } },
      axes: [hourAxis(colors), valueAxis(colors, plot)],
      series: [{ value: (_, x) => (x === null ? '–' : moment(x * 1000)) }, ...plot.series(colors)],
      hooks: { drawClear: [(drawn) => shade(drawn, plot.shaded ? drops : [], colors)] },
    };
    return new uPlot(options, [series.at, ...plot.of.map((name) => series[name])], place);
  });
}

const PLOTS = [
  {
    id: 'rate-plot',
    of: ['rate'],
    shaded: true,
    range: () => [0, 1],
    label: wholePercent,
    series: ({ accent, accentFaint }) => [
      line('Rate', accent, { fill: accentFaint, value: (_, value) => percent(value) }),
    ],
  },
  {
    id: 'sent-plot',
    of: ['sent', 'converted'],
    range: (_, __, max) => [0, Math.max(4, max * 1.05)],
    label: (value) => (Number.isInteger(value) ? count(value) : ''),
    series: ({ sent, accent }) => [bars('Sent', sent), bars('Converted', accent)],
  },
  {
    id: 'time-plot',
    of: ['median', 'p95'],
    range: (_, __, max) => [0, Math.max(10_000, (max ?? 0) * 1.05)],
    label: duration,
    incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800].map(
      (seconds) => seconds * 1_000,
    ),
    series: ({ accent, second }) => [
      line('Median', accent, { value: (_, value) => duration(value) }),
      line('95 %', second, { dash: [5, 4], value: (_, value) => duration(value) }),
    ],
  },
];

function line(label, stroke, more) {
  return { label, stroke, width: 2, points: { show: lonely, size: 5, fill: stroke }, ...more };
}

function bars(label, fill) {
  return {
    label,
    fill,
    stroke: fill,
    width: 0,
    paths: uPlot.paths.bars({ size: [0.72, 48], align: 1 }),
    points: { show: false },
    value: (_, value) => (value === null ? '–' : count(value)),
  };
}

/** Points are drawn where there is room for them, or a line between two of them is missing. */
function lonely(plot, series, from, to) {
  const room = plot.bbox.width / devicePixelRatio / Math.max(1, to - from);
  const values = plot.data[series].filter((value) => value !== null);
  return room > 14 || values.length < 3;
}

function hourAxis({ muted, line: grid }) {
  return {
    stroke: muted,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
    font: FONT,
    size: 32,
    space: 64,
    incrs: STEPS,
    values: (_, splits, __, ___, step) =>
      splits.map((at) => {
        const date = new Date(at * 1000);
        return step >= 24 * HOUR || date.getHours() === 0 ? day(date) : time(date);
      }),
  };
}

function valueAxis({ muted, line: grid }, { label, incrs }) {
  return {
    stroke: muted,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: FONT,
    size: 56,
    space: 36,
    ...(incrs && { incrs }),
    values: (_, splits) => splits.map(label),
  };
}

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

function shade(plot, drops, { badFaint }) {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.fillStyle = badFaint;
  const placeOf = (at) => {
    const place = plot.valToPos(at / 1000, 'x', true);
    return Math.min(left + width, Math.max(left, place));
  };
  for (const { since, until } of drops) {
    const from = placeOf(Date.parse(since));
    const to = placeOf(until === null ? Date.now() : Date.parse(until));
    plot.ctx.fillRect(from, top, to - from, height);
  }
  plot.ctx.restore();
}

/** All hours of a range: those in which nothing was sent have no rate, and no gap is drawn over. */
function filledIn({ from, to }, hours) {
  const byHour = new Map(hours.map((one) => [Date.parse(one.hour) / 1000, one]));
  const series = { at: [], rate: [], sent: [], converted: [], median: [], p95: [] };
  // The running hour is the last: what is told as the end may be the next.
  const end = Math.min(Date.parse(to), Date.now()) / 1000;
  for (let at = Date.parse(from) / 1000; at < end; at += HOUR) {
    const hour = byHour.get(at);
    series.at.push(at);
    series.rate.push(hour?.rate ?? null);
    series.sent.push(hour?.sent ?? 0);
    series.converted.push(hour?.converted ?? 0);
    series.median.push(hour?.medianTimeToConvert ?? null);
    series.p95.push(hour?.p95TimeToConvert ?? null);
  }
  return series;
}

function colorsNow() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(name).trim();
  return {
    accent: named('--accent'),
    accentFaint: named('--accent-faint'),
    second: named('--second'),
    sent: named('--sent'),
    muted: named('--muted'),
    line: named('--line'),
    badFaint: named('--bad-faint'),
  };
}

// A canvas knows no style sheet: colours and widths are followed by hand.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  if (lastDrawn) drawPlots(...lastDrawn);
});
new ResizeObserver(() => {
  for (const [index, plot] of shown.entries()) {
    const width = byId(PLOTS[index].id).clientWidth;
    if (width !== plot.width) plot.setSize({ width, height: HEIGHT });
  }
}).observe(byId('plots'));
