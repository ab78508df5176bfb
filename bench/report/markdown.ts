import type { Benchmark, MeasuredFigure, MeasuredRow } from './benchmark.js';
import { medianOf, type Verdict, verdictOf } from './result.js';
import { goalOf, number, valueOf } from './words.js';

/** docs/benchmarks.md. Nothing in it comes from elsewhere than the run. */
export function markdownOf(benchmark: Benchmark): string {
  const { date, command, rounds, share, machine, versions, rows } = benchmark;
  const faulty = rows.filter(({ fault }) => fault);
  return `# Benchmarks

<!-- Written by npm run bench; edits are lost. -->

${opening(rows)}

![Each figure as a share of its goal](images/benchmarks.svg)

Ours and what it is held against run in turn (A B A B …), in one run, on one machine: ratios can be compared with those of another machine, times can't. Each value is that of the medians of ${rounds} rounds; in brackets, the bounds that hold in 95 % of the cases, from drawing rounds again with replacement. A row in which an answer was wrong or a report lost has no figure.

The app, the load and the provider are processes of their own. The provider is a plain HTTP server that checks each report and answers as Plivo documents: a sandbox would be slower than what is measured. Where requests come as fast as the app answers, autocannon sends them; where they come at a steady pace, a loop over \`node:http\` does.

## Figures

${table(
  ['what', 'figure', 'against', 'comes to', 'goal', ''],
  rows.flatMap((row) =>
    row.figures.map((figure, index) => [
      index === 0 ? row.what : '',
      figure.name,
      figure.against ?? row.against,
      valueOf(figure),
      goalOf(figure),
      verdict(figure),
    ]),
  ),
)}
${faulty.map(({ what, fault }) => `\n**No figure** for ${what}: ${fault!.split('\n')[0]}\n`).join('')}
## Where and when

${table(
  ['', ''],
  [
    ['date', date],
    ['command', `\`${command}\``],
    ['rounds', String(rounds)],
    ...(share === 1 ? [] : [['sizes', `${share} of the whole run's: a quick look, no more`]]),
    ...Object.entries(machine),
    ...Object.entries(versions),
  ],
)}

## Samples

One of each round, in order. Spread is the median's distance to the farthest sample, in percent.

${rows.map(samplesOf).join('\n')}`;
}

function opening(rows: readonly MeasuredRow[]): string {
  const verdicts = rows.flatMap((row) => row.figures.filter(({ goal }) => goal).map(verdictOf));
  const of = (verdict: Verdict): number => verdicts.filter((said) => said === verdict).length;
  const said = [
    `Goals met: ${of('met')} of ${verdicts.length}`,
    ...(of('missed') > 0 ? [`missed: ${of('missed')}`] : []),
    ...(of('no figure') > 0 ? [`without a figure: ${of('no figure')}`] : []),
  ];
  return `${said.join('; ')}.`;
}

function samplesOf({ what, seconds, figures }: MeasuredRow): string {
  const lines = figures.flatMap(({ name, unit, samples }) =>
    Object.entries(samples ?? {}).map(([side, values]: [string, readonly number[]]) => [
      name,
      side,
      unit,
      number(medianOf(values)!),
      spread(values),
      values.map(number).join(', '),
    ]),
  );
  const head = ['figure', 'side', 'unit', 'median', 'spread', 'samples'];
  return `### ${what}\n\nTook ${seconds} s.\n${lines.length > 0 ? `\n${table(head, lines)}\n` : ''}`;
}

function spread(values: readonly number[]): string {
  const median = medianOf(values)!;
  const farthest = Math.max(...values.map((value) => Math.abs(value - median)));
  return median === 0 ? '' : `${number((100 * farthest) / Math.abs(median))} %`;
}

function verdict(figure: MeasuredFigure): string {
  const said = verdictOf(figure);
  return said === 'shown' ? '' : said === 'met' ? said : `**${said}**`;
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}
