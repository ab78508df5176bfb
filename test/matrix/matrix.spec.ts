import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { codeBlocks } from '../support/readme.js';
import type { StartedApp } from '../support/start-app.js';
import { type Tarball, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { CellApp } from './cell-app.js';
import { type Cell, builderLine, cells, refused, titleOf } from './cells.js';
import { type Kit, byKit, installKit } from './kits.js';
import { environmentOf, logIn } from './log-in.js';
import { type NodeLine, Nodes } from './nodes.js';
import { IS_WHOLE } from './size.js';

const chosen = IS_WHOLE ? [...cells, ...refused] : cells.filter(({ inTests }) => inTests);

let folder: Awaited<ReturnType<typeof tempFolder>>;
let tarball: Tarball;
let nodes: Nodes;
let docs: Awaited<ReturnType<typeof codeBlocks>>;

beforeAll(async () => {
  folder = await tempFolder();
  nodes = new Nodes(folder.path);
  tarball = await pack(folder.path);
  docs = (await Promise.all(['README.md', 'docs/compatibility.md'].map(codeBlocks))).flat();
}, 120_000);

afterAll(() => folder.remove(), 300_000);

describe.each(byKit(chosen))('with the packages of %s', (name, ofKit) => {
  let kit: Kit;

  beforeAll(async () => {
    kit = await installKit(join(folder.path, name), ofKit, tarball.path);
  }, 600_000);

  for (const cell of ofKit.filter((cell) => !refused.includes(cell))) {
    it(`logs in, CONVERTED for the right code only: ${titleOf(cell)}`, async () => {
      const app = await built(kit, cell);
      const sandbox = await PlivoSandbox.start();
      const env = environmentOf(sandbox);
      let running: StartedApp | undefined;
      try {
        if (cell.tests) expect(await app.test(env)).toMatch(/\b1 passed/);

        running = await app.start(env);
        await logIn(running.url, sandbox);
        // The store of a process that was killed is looked at by another process first.
        await running.kill();
        running = await app.start(env);
        await logIn(running.url, sandbox);
        // Of Nest, and of this package, the app has one copy.
        expect(running.output()).not.toMatch(/twice|two copies/i);
      } finally {
        await running?.stop();
        await sandbox.stop();
      }
    }, 600_000);
  }

  for (const cell of ofKit.filter((cell) => refused.includes(cell))) {
    it(`doesn’t start with this package in its bundle, and says so: ${titleOf(cell)}`, async () => {
      const app = await built(kit, cell, { inside: true });
      const sandbox = await PlivoSandbox.start();
      try {
        await expect(app.start(environmentOf(sandbox))).rejects.toThrow(
          /leave the package out of the bundle/,
        );
      } finally {
        await sandbox.stop();
      }
    }, 600_000);
  }
});

async function built(kit: Kit, cell: Cell, options?: { inside: boolean }): Promise<CellApp> {
  const place = {
    path: await kit.folderOf(cell),
    node: await nodeOf(cell.node),
    builder: await nodeOf(builderLine(cell)),
  };
  const app = new CellApp(cell, place, docs, options);
  await app.write();
  await app.build();
  return app;
}

/** In the tests, where nothing more is to be installed: the Node that runs them. */
function nodeOf(line: NodeLine): Promise<string> {
  return IS_WHOLE ? nodes.executable(line) : Promise.resolve(process.execPath);
}
