import { writeFile } from 'node:fs/promises';
import { SingleBar, Presets } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeMachine, describeVersions } from './harness/machine.js';
import type { Benchmark, MeasuredRow } from './report/benchmark.js';
import { verdictOf } from './report/result.js';
import { tableOf } from './report/table.js';
import { writeDocs } from './report/write.js';
import { rows } from './rows/index.js';
import type { Row } from './rows/row.js';

interface Choices {
  readonly quick?: boolean;
  readonly write?: boolean;
  readonly only?: readonly string[];
  readonly rounds?: number;
  readonly json?: string;
}

const ROUNDS = 5;
/** A quick look: so many rounds, of such a share of the requests. */
const QUICK = { rounds: 1, share: 0.02 };
/** Requests that there are at least: more than connections. And ms. */
const LEAST = 100;
const SHORTEST = 1_000;

const choices = new Command('npm run bench --')
  .description(
    'Measures each number that this package promises, beside what it is held against. A whole run writes docs/benchmarks.md.',
  )
  .option('--quick', 'a look of about two minutes, which tells that all of it runs')
  .addOption(
    new Option('--only <rows...>', 'measure only these').choices(rows.map(({ name }) => name)),
  )
  .option('--rounds <number>', `times each side is measured (default: ${ROUNDS})`, positive)
  .option('--write', 'write docs/benchmarks.md, also of a quick run or one of some rows')
  .option('--json <file>', 'write the samples to a file as well')
  .parse()
  .opts<Choices>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const rounds = choices.rounds ?? (choices.quick ? QUICK.rounds : ROUNDS);
const share = choices.quick ? QUICK.share : 1;
const [machine, versions] = [await describeMachine(), await describeVersions()];
const measured: MeasuredRow[] = [];
for (const row of rows) {
  if (!choices.only || choices.only.includes(row.name)) measured.push(await measure(row));
}
const benchmark: Benchmark = {
  date: new Date().toISOString(),
  command: ['npm run bench', ...given()].join(' '),
  rounds,
  share,
  machine,
  versions,
  rows: measured,
};
console.log(tableOf(benchmark));
if (choices.json) await writeFile(choices.json, `${JSON.stringify(benchmark, undefined, 2)}\n`);
if (choices.write ?? (!choices.quick && !choices.only)) await writeDocs(benchmark);
const short = measured.flatMap((row) => row.figures.map(verdictOf));
process.exitCode = short.includes('missed') || short.includes('no figure') ? 1 : 0;

async function measure(row: Row): Promise<MeasuredRow> {
  const { name, what, against, figures } = row;
  const format = `{bar} {value}/{total} rounds | ${name} | {duration_formatted}`;
  const bar = new SingleBar({ format, noTTYOutput: true, notTTYSchedule: 30_000 }, Presets.rect);
  bar.start(rounds, 0);
  const begun = performance.now();
  const told = () => {
    const seconds = Math.round((performance.now() - begun) / 1_000);
    return { name, what, against, seconds };
  };
  try {
    const samples = await row.measure({
      rounds,
      size: (whole) => Math.max(Math.min(whole, LEAST), Math.ceil(whole * share)),
      span: (whole) => Math.max(Math.min(whole, SHORTEST), Math.ceil(whole * share)),
      onRound: (done) => bar.update(Math.floor(done)),
    });
    const filled = figures.map((figure) => ({ ...figure, samples: samples[figure.name] }));
    return { ...told(), figures: filled };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ...told(), fault, figures };
  } finally {
    bar.stop();
  }
}

function given(): string[] {
  const typed = process.argv.slice(2);
  return typed.length > 0 ? ['--', ...typed] : [];
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be an integer from 1 up.');
}
