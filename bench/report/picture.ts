import * as echarts from 'echarts';
import type { Goal } from '../rows/row.js';
import type { Benchmark, MeasuredFigure } from './benchmark.js';
import { resultOf, shareOfGoal, verdictOf } from './result.js';
import { goalOf, valueOf } from './words.js';

const WIDTH = 960;
const LINE = 26;
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
        text: `${valueOf(figure)}, goal ${goalOf(figure)}`,
      })),
  );
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
      text: 'Share of the goal: up to 1 it is met',
      left: 16,
      top: 10,
      textStyle: { fontSize: 15 },
    },
    grid: { left: 16, right: 330, top: 50, bottom: 16, containLabel: true },
    xAxis: { type: 'value', min: 0 },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisTick: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: 12,
        data: bars.map(({ share, color, text }) => ({
          value: share,
          itemStyle: { color },
          label: { show: true, position: 'right', formatter: text },
        })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: '#37474f', type: 'solid' },
          data: [{ xAxis: 1 }],
        },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
