import Table from 'cli-table3';
import type { Benchmark } from './benchmark.js';
import { medianOf, verdictOf } from './result.js';
import { goalOf, number, valueOf } from './words.js';

/** The benchmark for a terminal. */
export function tableOf({ rows }: Benchmark): string {
  const table = new Table({
    head: ['row', 'figure', 'ours', 'peer', 'comes to', 'goal', ''],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const { name, seconds, figures } of rows) {
    table.push([name, `took ${seconds} s`, '', '', '', '', '']);
    for (const figure of figures) {
      const { ours, peer } = figure.samples ?? {};
      const median = (samples: typeof ours): string => {
        const value = medianOf(samples);
        return value === undefined ? '' : `${number(value)} ${figure.unit}`;
      };
      const cells = [median(ours), median(peer), valueOf(figure), goalOf(figure)];
      table.push(['', figure.name, ...cells, verdictOf(figure)]);
    }
  }
  const faults = rows.filter(({ fault }) => fault).map(({ name, fault }) => `${name}: ${fault}`);
  return [table.toString(), ...faults].join('\n');
}
