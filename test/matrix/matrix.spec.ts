import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { codeBlocks } from '../support/readme.js';
import type { StartedApp } from '../support/start-app.js';
import { type Tarball, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { CellApp } from './cell-app.js';
import { cells, titleOf } from './cells.js';
import { type Kit, byKit, installKit } from './kits.js';
import { environmentOf, logIn } from './log-in.js';
import { Nodes } from './nodes.js';
import { IS_WHOLE } from './size.js';

const chosen = IS_WHOLE ? cells : cells.filter(({ inTests }) => inTests);

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

afterAll(() => folder.remove());

describe.each(byKit(chosen))('an app with the packages of %s', (name, ofKit) => {
  let kit: Kit;

  beforeAll(async () => {
    kit = await installKit(join(folder.path, name), ofKit, tarball.path);
  }, 600_000);

  it.each(ofKit.map((cell) => [titleOf(cell), cell] as const))(
    'logs a user in, and reports CONVERTED for the right code only: %s',
    async (_, cell) => {
      const sandbox = await PlivoSandbox.start();
      const env = environmentOf(sandbox);
      let running: StartedApp | undefined;
      try {
        const app = new CellApp(
          cell,
          {
            path: await kit.folderOf(cell),
            node: IS_WHOLE ? await nodes.executable(cell.node) : process.execPath,
            away: join(folder.path, 'bundles', `${name}-${ofKit.indexOf(cell)}`),
          },
          docs,
        );
        await app.write();
        await app.build();
        if (cell.tests) expect(await app.test()).toMatch(/\b1 passed/);

        running = await app.start(env);
        await logIn(running.url, sandbox);
        // The store of a process that was killed is looked at by another process first.
        await running.kill();
        running = await app.start(env);
        await logIn(running.url, sandbox);
      } finally {
        await running?.stop();
        await sandbox.stop();
      }
    },
    600_000,
  );
});
