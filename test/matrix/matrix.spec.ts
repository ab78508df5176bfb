import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { ConversionStatus } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';
import { codeBlocks } from '../support/readme.js';
import type { StartedApp } from '../support/start-app.js';
import { type Tarball, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { CellApp } from './cell-app.js';
import { type Cell, cells, titleOf } from './cells.js';
import { type Kit, installKit, kitOf } from './kits.js';
import { installNode } from './nodes.js';
import { IS_WHOLE } from './size.js';

const chosen = IS_WHOLE ? cells : cells.filter(({ inTests }) => inTests);
const kits = Object.entries(Object.groupBy(chosen, kitOf)) as [string, Cell[]][];

let folder: Awaited<ReturnType<typeof tempFolder>>;
let tarball: Tarball;
let docs: Awaited<ReturnType<typeof codeBlocks>>;

beforeAll(async () => {
  folder = await tempFolder();
  tarball = await pack(folder.path);
  docs = (await Promise.all(['README.md', 'docs/compatibility.md'].map(codeBlocks))).flat();
}, 120_000);

afterAll(() => folder.remove());

describe.each(kits)('an app with the packages of %s', (name, ofKit) => {
  let kit: Kit;

  beforeAll(async () => {
    kit = await installKit(join(folder.path, name), ofKit, tarball.path);
  }, 600_000);

  it.each(ofKit.map((cell) => [titleOf(cell), cell] as const))(
    'logs a user in, and reports CONVERTED for the right code only: %s',
    async (_, cell) => {
      const sandbox = await PlivoSandbox.start();
      const env = {
        PLIVO_AUTH_ID: sandbox.authId,
        PLIVO_AUTH_TOKEN: sandbox.authToken,
        PLIVO_BASE_URL: sandbox.url,
        PLIVO_SRC: '14155550100',
      };
      let running: StartedApp | undefined;
      try {
        const app = new CellApp(
          cell,
          {
            path: await kit.folderOf(cell),
            node: IS_WHOLE ? await installNode(cell.node, folder.path) : process.execPath,
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

/** A wrong code, then the right one: one conversion, of the message whose code it was. */
async function logIn(url: string, sandbox: PlivoSandbox): Promise<void> {
  sandbox.reset();
  const user = new OtpClient(url, sandbox);
  const { verificationId, code, messageUuid } = await user.send('14155550123');
  const wrong = await user.verify(verificationId, wrongFor(code));
  expect(wrong).toMatchObject({ status: 200, body: { verified: false } });
  const right = await user.verify(verificationId, code);
  expect(right).toMatchObject({ status: 200, body: { verified: true } });

  const { status } = await sandbox.waitForConversion(messageUuid);
  expect(status).toBe(ConversionStatus.CONVERTED);
  expect(sandbox.conversions).toHaveLength(1);
}
