import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import { open } from 'lmdb';
import { LmdbConversionStorage, TrackConversion } from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';
import { tempFolder } from '../support/temp-folder.js';

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1' };
  }
}

/** The app over a store that is of no use: logins must not notice. */
describe('an app whose store', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  const start = async (): Promise<void> => {
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: { storage: new LmdbConversionStorage({ path: folder.path }) },
      override: (builder) => builder.overrideProvider(CLOCK).useValue(new ShiftableClock()),
    });
  };

  const login = async (verificationId: string) => {
    const response = await app.post('/verify', { verificationId, code: '1' });
    return { status: response.status, body: await response.json() };
  };

  const send = (verificationId: string) =>
    app.feedback.send({ verificationId, dst: '+14155550123', src: '14155550100', text: 'Code 1' });

  beforeEach(async () => {
    folder = await tempFolder();
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await folder.remove();
  });

  it('was written by a newer version starts, says so, and serves logins', async () => {
    const env = open({ path: folder.path, maxDbs: 12 });
    await env.openDB({ name: 'meta', encoding: 'msgpack' }).put('format', 99);
    await env.close();
    await start();
    expect(
      app.log.matching(/^error .*written by a newer version \(format 99.*Logins go on/),
    ).toHaveLength(1);
    expect(await login('v')).toEqual({ status: 201, body: { verified: true } });
    expect(sandbox.conversions).toEqual([]);
  });

  it('is a foreign file starts with a new one, says so, and reports what comes', async () => {
    await writeFile(join(folder.path, 'data.mdb'), 'a text\n'.repeat(10_000));
    await start();
    expect(app.log.matching(/^error The store is damaged/)).toHaveLength(1);
    const { messageUuid } = await send('v');
    expect(await login('v')).toEqual({ status: 201, body: { verified: true } });
    await sandbox.waitForConversion(messageUuid);
  });

  it('is deleted while it runs goes on in a new one: what comes afterwards is reported', async () => {
    await start();
    await folder.remove();
    const { messageUuid } = await send('v');
    expect(await login('v')).toEqual({ status: 201, body: { verified: true } });
    expect(await sandbox.waitForConversion(messageUuid, { timeout: 15_000 })).toMatchObject({
      status: 'CONVERTED',
    });
    expect(
      app.log.matching(/^error The file of the store .* is gone: it is opened anew/),
    ).toHaveLength(1);
  });
});
