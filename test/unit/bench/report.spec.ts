import { describe, expect, it } from '@jest/globals';
import type { Benchmark, MeasuredFigure, MeasuredRow } from '../../../bench/report/benchmark.js';
import { markdownOf } from '../../../bench/report/markdown.js';
import { pictureOf } from '../../../bench/report/picture.js';
import { resultOf, verdictOf } from '../../../bench/report/result.js';
import { tableOf } from '../../../bench/report/table.js';

const figure: MeasuredFigure = {
  name: 'lmdb',
  unit: 'µs',
  compare: 'ratio',
  goal: { atMost: 1.15 },
  samples: { ours: [110, 500, 114, 112, 111], peer: [100, 101, 99, 300, 100] },
};
const row: MeasuredRow = {
  name: 'cpu',
  what: 'CPU time for a request',
  against: 'an empty interceptor',
  seconds: 12,
  figures: [figure],
};
const benchmarkOf = (...rows: MeasuredRow[]): Benchmark => ({
  date: '2026-01-01T00:00:00.000Z',
  command: 'npm run bench',
  rounds: 5,
  share: 1,
  machine: { processor: 'an abacus' },
  versions: { Node: '20.19.0' },
  rows,
});
const missed = { ...figure, name: 'memory', goal: { atMost: 1.01 } };
const faulty = {
  ...row,
  what: 'reports delivered in a second',
  fault: '3 reports are lost',
  figures: [{ ...figure, samples: undefined }],
};

describe('a figure', () => {
  it('is the ratio of the medians: a round that was disturbed doesn’t move it', () => {
    expect(resultOf(figure)!.value).toBe(1.12);
  });

  it('has bounds that hold its value, and come out the same each time', () => {
    const { value, low, high } = resultOf(figure)!;
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    expect(resultOf(figure)).toEqual({ value, low, high });
  });

  it('may be a difference, or stand alone', () => {
    expect(resultOf({ ...figure, compare: 'difference' })!.value).toBe(12);
    expect(resultOf({ ...figure, compare: 'alone' })!.value).toBe(112);
  });

  it.each([
    ['met', { atMost: 1.12 }],
    ['missed', { atMost: 1.11 }],
    ['met', { atLeast: 1.12 }],
    ['missed', { atLeast: 1.13 }],
    ['shown', undefined],
  ])('is %s where the goal is %j', (verdict, goal) => {
    expect(verdictOf({ ...figure, goal })).toBe(verdict);
  });

  it('is none where the row has a fault', () => {
    expect(verdictOf(faulty.figures[0])).toBe('no figure');
  });
});

describe('the page', () => {
  it('gives each figure with its goal, and every sample', () => {
    const page = markdownOf(benchmarkOf(row));
    expect(page).toContain('Goals met: 1 of 1.');
    expect(page).toMatch(/lmdb \| an empty interceptor \| 1\.12 x \(.*\) \| ≤ 1\.15 x \| met \|/);
    expect(page).toContain('110, 500, 114, 112, 111');
    expect(page).toContain('100, 101, 99, 300, 100');
  });

  it('names what is missed', () => {
    const page = markdownOf(benchmarkOf({ ...row, figures: [figure, missed] }));
    expect(page).toContain('Goals met: 1 of 2; missed: 1.');
    expect(page).toContain('≤ 1.01 x | **missed** |');
  });

  it('says why a row has no figure', () => {
    const page = markdownOf(benchmarkOf(row, faulty));
    expect(page).toContain('Goals met: 1 of 2; without a figure: 1.');
    expect(page).toContain('**No figure** for reports delivered in a second: 3 reports are lost');
  });

  it('says of a quick look that it is one', () => {
    expect(markdownOf({ ...benchmarkOf(row), share: 0.02 })).toContain('a quick look');
  });

  it('names the machine, the versions and the command', () => {
    const page = markdownOf(benchmarkOf(row));
    for (const said of ['an abacus', '20.19.0', '`npm run bench`', '2026-01-01'])
      expect(page).toContain(said);
  });
});

describe('the picture', () => {
  it('shows what is met and what is missed, and nothing that has no figure', () => {
    const svg = pictureOf(benchmarkOf({ ...row, figures: [figure, missed] }, faulty));
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain('cpu: lmdb');
    expect(svg).toContain('goal ≤ 1.01 x');
    expect(svg.match(/#2e7d32/g)).toHaveLength(1);
    expect(svg.match(/#c62828/g)).toHaveLength(1);
  });
});

describe('the same samples', () => {
  it('make the same picture', () => {
    expect(pictureOf(benchmarkOf(row))).toBe(pictureOf(benchmarkOf(row)));
  });
});

describe('the table for a terminal', () => {
  it('says why a row has no figure', () => {
    expect(tableOf(benchmarkOf(row, faulty))).toContain('cpu: 3 reports are lost');
  });
});
