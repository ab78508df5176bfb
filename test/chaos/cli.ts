import { writeFile } from 'node:fs/promises';
import { SingleBar, Presets } from 'cli-progress';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { scenarios } from './scenarios/index.js';
import type { Scenario, ScenarioResult } from './scenarios/scenario.js';

interface Choices {
  readonly seed: number;
  readonly rounds?: number;
  readonly minutes?: number;
  readonly only?: string;
  readonly json?: string;
}

type Run = ScenarioResult & { readonly scenario: string; readonly seconds: number };

/** Violations that are printed of each scenario; the JSON file has all. */
const SHOWN = 5;

const names = scenarios.map(({ name }) => name);
const wholes = scenarios.map(({ name, whole, unit }) => `${name}: ${whole} ${unit}`).join(', ');

const choices = new Command('npm run chaos --')
  .description('Lets everything go wrong that docs/reliability.md says the module stands.')
  .option('--seed <number>', 'repeats what an earlier run drew', integer, Date.now() % 1_000_000)
  .option('--rounds <number>', `length of each scenario (default: ${wholes})`, integer)
  .addOption(new Option('--only <scenario>', 'run only this one').choices(names))
  .addOption(
    new Option('--minutes <number>', 'length of the soak alone')
      .argParser(integer)
      .implies({ only: 'soak' }),
  )
  .option('--json <file>', 'write the figures to a file as well')
  .parse()
  .opts<Choices>();

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
console.log(`seed ${choices.seed}`);
const runs: Run[] = [];
for (const scenario of scenarios) {
  if (choices.only === undefined || choices.only === scenario.name) runs.push(await run(scenario));
}
print(runs);
if (choices.json) {
  const json = JSON.stringify({ seed: choices.seed, runs }, undefined, 2);
  await writeFile(choices.json, `${json}\n`);
}
process.exitCode = runs.some(({ violations, missed = [] }) => violations.length + missed.length > 0)
  ? 1
  : 0;

async function run(scenario: Scenario): Promise<Run> {
  const { name, unit, whole } = scenario;
  const rounds = choices.minutes ?? choices.rounds ?? whole;
  const format = `{bar} {value}/{total} ${unit} | ${name} | {duration_formatted}`;
  const bar = new SingleBar({ format, noTTYOutput: true, notTTYSchedule: 30_000 }, Presets.rect);
  bar.start(rounds, 0);
  const begun = performance.now();
  try {
    const result = await scenario.run({
      seed: choices.seed,
      rounds,
      onProgress: (done, total) => {
        bar.setTotal(total);
        bar.update(done);
      },
    });
    return { scenario: name, seconds: Math.round((performance.now() - begun) / 1_000), ...result };
  } finally {
    bar.stop();
  }
}

function print(done: readonly Run[]): void {
  const table = new Table({
    head: ['scenario', 'figure', 'value', 'promised'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const { scenario, seconds, figures, violations, missed = [] } of done) {
    table.push([scenario, `took ${seconds} s`, verdictOf(violations, missed), '']);
    for (const { name, value, promised } of figures) table.push(['', name, value, promised ?? '']);
  }
  console.log(table.toString());
  for (const { scenario, violations, missed = [] } of done) {
    for (const sentence of missed) console.log(`${scenario}: ${sentence}`);
    for (const violation of violations.slice(0, SHOWN)) console.log(`${scenario}: ${violation}`);
    if (violations.length > SHOWN)
      console.log(`${scenario}: … and ${violations.length - SHOWN} more`);
  }
}

function verdictOf(violations: readonly string[], missed: readonly string[]): string {
  if (violations.length + missed.length === 0) return 'all promises held';
  return `${violations.length} violations, ${missed.length} ratios missed`;
}

function integer(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('It must be an integer from 0 up.');
}
