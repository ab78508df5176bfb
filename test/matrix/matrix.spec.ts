import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { codeBlocks } from '../support/readme.js';
import type { StartedApp } from '../support/start-app.js';
import { type Tarball, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { CellApp } from './cell-app.js';
import { builderLine, cells, titleOf } from './cells.js';
import { type Kit, byKit, installKit } from './kits.js';
import { environmentOf, logIn } from './log-in.js';
import { type NodeLine, Nodes } from './nodes.js';
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

afterAll(() => folder.remove(), 300_000);

describe.each(byKit(chosen))(
  '%s: logs a user in, reports CONVERTED for the right code only',
  (name, ofKit) => {
    let kit: Kit;

    beforeAll(async () => {
      kit = await installKit(join(folder.path, name), ofKit, tarball.path);
    }, 600_000);

    it.each(ofKit.map((cell) => [titleOf(cell), cell] as const))(
      '%s',
      async (_, cell) => {
        const sandbox = await PlivoSandbox.start();
        const env = environmentOf(sandbox);
        let running: StartedApp | undefined;
        try {
          const app = new CellApp(
            cell,
            {
              path: await kit.folderOf(cell),
              node: await nodeOf(cell.node),
              builder: await nodeOf(builderLine(cell)),
              away: join(folder.path, 'bundles', `${name}-${ofKit.indexOf(cell)}`),
            },
            docs,
          );
          await app.write();
          await app.build();
          if (cell.tests) expect(await app.test(env)).toMatch(/\b1 passed/);

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
  },
);

/** In the tests, where nothing more is to be installed: the Node that runs them. */
function nodeOf(line: NodeLine): Promise<string> {
  return IS_WHOLE ? nodes.executable(line) : Promise.resolve(process.execPath);
}
