import * as echarts from 'echarts';
import type { Goal } from '../rows/row.js';
import type { Benchmark, MeasuredFigure } from './benchmark.js';
import { resultOf, shareOfGoal, verdictOf } from './result.js';
import { goalOf, valueOf } from './words.js';

const WIDTH = 1_120;
const LINE = 26;
const LABELS = 340;
const VALUES = 340;
/** What is farther off than this ends here. */
const FARTHEST = 2;
const MET = '#2e7d32';
const MISSED = '#c62828';

type Aimed = MeasuredFigure & { readonly goal: Goal };

/** An SVG that shows how near each figure is to its goal: what ends left of the line reaches it. */
export function pictureOf({ rows }: Benchmark): string {
  const bars = rows.flatMap(({ name, figures }) =>
    figures
      .filter((figure): figure is Aimed => figure.goal !== undefined && !!figure.samples)
      .map((figure) => ({
        label: `${name}: ${figure.name}`,
        share: shareOfGoal(resultOf(figure)!.value, figure.goal),
        color: verdictOf(figure) === 'met' ? MET : MISSED,
        value: `${valueOf(figure)}, goal ${goalOf(figure)}`,
      })),
  );
  const names = { type: 'category', inverse: true, axisTick: { show: false } } as const;
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: bars.length * LINE + 90,
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      text: 'Share of the goal: met up to the line at 1',
      left: 16,
      top: 10,
      textStyle: { fontSize: 15 },
    },
    grid: { left: LABELS, right: VALUES, top: 50, bottom: 40 },
    xAxis: { type: 'value', min: 0, max: FARTHEST, interval: 0.5 },
    yAxis: [
      { ...names, data: bars.map(({ label }) => label) },
      {
        ...names,
        position: 'right',
        axisLine: { show: false },
        data: bars.map(({ value }) => value),
      },
    ],
    series: [
      {
        type: 'bar',
        barWidth: 12,
        data: bars.map(({ share, color }) => ({
          value: Math.min(Math.max(share, 0), FARTHEST),
          itemStyle: { color },
        })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: '#37474f', type: 'solid', width: 2 },
          data: [{ xAxis: 1 }],
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${namedAnew(svg)}\n`;
}

/** Class names go on from those of earlier charts: the same samples are to make the same file. */
function namedAnew(svg: string): string {
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-cls-\d+\b/g, (name) => {
    if (!names.has(name)) names.set(name, `style-${names.size}`);
    return names.get(name)!;
  });
}
