import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/tarball.js';
import { cells } from './cells.js';
import { columns, rows } from './features.js';
import { nodes } from './nodes.js';

const TICK = '✓';

describe('docs/compatibility.md', () => {
  let document: string;
  let header: string[];
  let body: string[][];

  beforeAll(async () => {
    document = await readFile(join(ROOT, 'docs/compatibility.md'), 'utf8');
    const table = document.split('\n').filter((line) => line.startsWith('|'));
    [header, , ...body] = table.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((text) => text.trim()),
    );
  });

  it('has a row for each value of the matrix, and a column for each Nest', () => {
    expect(header.slice(1)).toEqual(Object.keys(columns));
    expect(body.map(([label]) => label)).toEqual(Object.keys(rows));
  });

  it.each(Object.keys(rows))('ticks, for %s, what a cell shows, and nothing else', (label) => {
    const ticked = body.find(([first]) => first === label)!.slice(1);
    const shown = Object.values(columns).map((isIn) =>
      cells.some((cell) => rows[label](cell) && isIn(cell)) ? TICK : '',
    );
    expect(ticked).toEqual(shown);
  });

  it('says which Nodes the package takes, as package.json does', async () => {
    const { engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    expect(document).toContain(`\`${engines.node}\``);
    // The first of each range is among those that the matrix runs on.
    for (const first of engines.node.match(/\^\d+\.\d+\.\d+/g)!)
      expect(Object.values(nodes)).toContain(first.slice(1));
  });
});
