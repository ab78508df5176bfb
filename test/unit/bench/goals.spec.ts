import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Benchmark } from '../../../bench/report/benchmark.js';
import { markdownOf } from '../../../bench/report/markdown.js';
import { pictureOf } from '../../../bench/report/picture.js';
import { formatted } from '../../../bench/report/write.js';
import { rows } from '../../../bench/rows/index.js';

const PAGE = 'docs/benchmarks.md';
const PICTURE = 'docs/images/benchmarks.svg';

const goalsIn = (some: Pick<Benchmark, 'rows'>['rows'] | typeof rows): string[] =>
  some.flatMap(({ name, figures }) =>
    figures
      .filter(({ goal }) => goal)
      .map(({ name: figure, compare, unit, goal }) => {
        const { atMost, atLeast } = goal!;
        const bound = atMost === undefined ? `>= ${atLeast}` : `<= ${Number(atMost.toFixed(4))}`;
        return `${name}, ${figure}: ${bound} ${compare === 'ratio' ? 'times' : unit}`;
      }),
  );

describe('the benchmark', () => {
  it('aims at the numbers that are promised', () => {
    expect(goalsIn(rows)).toEqual([
      'cpu-express, lmdb: <= 1.15 times',
      'cpu-express, memory: <= 1.12 times',
      'cpu-express, lmdb, with metrics collected and the dashboard there: <= 1.15 times',
      'cpu-fastify, lmdb: <= 1.45 times',
      'cpu-fastify, memory: <= 1.2 times',
      'cpu-fastify, lmdb, with metrics collected and the dashboard there: <= 1.45 times',
      'half-load, Express: <= 1.25 times',
      'half-load, Fastify: <= 1.25 times',
      'awaiting, Express: <= 0.0667 times',
      'awaiting, Fastify: <= 0.0667 times',
      'lone, added: <= 2 times',
      'lock, longest in the one burst: <= 270 ms',
      'lock, p99 then: <= 1.1 times',
      'drain, rate: >= 0.99 times',
      'drain, core: <= 2 % of a core',
      'delivery-cpu, plivo SDK: <= 0.9 times',
      'settling, settling: >= 0.5 times',
      'settling, tracking: >= 0.35 times',
      'million, anonymous memory: <= 8 MiB',
      'million, CPU to track, settle and deliver a report: <= 1.2 times',
      'million, file for a report: <= 500 bytes',
      'million, p99 of counts(): <= 1 ms',
      'boot, first delivery: <= 1.2 times',
      'bullmq, delivering, to a function that does nothing: >= 0.8 times',
      'bullmq, delivering, over HTTP: >= 0.8 times',
      'bullmq, settling, by 64 callers: >= 0.45 times',
      'bullmq, memory of a job: <= 1.2 times',
      'bullmq-million, delivering, over HTTP: >= 0.7 times',
      'bullmq-million, memory of a report and its message: <= 1.3 times',
      'outage, p99: <= 1.1 times',
      'outage, drained after: >= 0.99 times',
    ]);
  });

  it('can be told to measure each row alone', () => {
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('docs/benchmarks.md', () => {
  it('is what the benchmark makes of docs/benchmarks.json, with the goals as they are', async () => {
    const samples = read('docs/benchmarks.json');
    const benchmark = samples && (JSON.parse(samples) as Benchmark);
    expect(read(PAGE)).toBe(benchmark && (await formatted(PAGE, markdownOf(benchmark))));
    expect(read(PICTURE)).toBe(benchmark && pictureOf(benchmark));
    expect(benchmark && goalsIn(benchmark.rows)).toEqual(benchmark && goalsIn(rows));
  });
});

/** Undefined as long as nobody has written it. */
function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
