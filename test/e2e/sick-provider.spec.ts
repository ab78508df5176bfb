import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import { TrackConversion } from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox, SandboxFault } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1', welcome: 'back' };
  }

  @Post('undecorated')
  undecorated(@Body() dto: { code: string }) {
    return { verified: dto.code === '1', welcome: 'back' };
  }
}

const faults: [string, SandboxFault][] = [
  ['answers 500', { status: 500 }],
  ['answers 503 with Retry-After', { status: 503, retryAfter: 1 }],
  ['answers 429', { status: 429 }],
  ['answers 401', { status: 401 }],
  ['hangs', { hang: true }],
  ['cuts the connection before it took the report', { reset: 'before' }],
  ['cuts the connection after it took the report', { reset: 'after' }],
  ['answers HTML', { status: 200, body: '<html>It works!</html>' }],
  ['answers nothing', { status: 200, body: '' }],
  ['answers an endless body', { status: 200, body: 'x'.repeat(1_000_000) }],
  ['redirects elsewhere', { status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } }],
];

describe('a provider that', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let clock: ShiftableClock;

  beforeEach(async () => {
    clock = new ShiftableClock();
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: { delivery: { timeout: 2_000 } },
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  const send = (verificationId: string) =>
    app.feedback.send({ verificationId, dst: '+14155550123', src: '14155550100', text: 'Code 1' });

  /** All of a response that a client can tell apart, but for the date. */
  const respond = async (path: string, body: object) => {
    const response = await app.post(path, body);
    const headers = Object.fromEntries(response.headers);
    delete headers.date;
    return { status: response.status, headers, body: await response.text() };
  };

  it.each(faults)('%s changes no login, and has the report once it is well', async (_, fault) => {
    const { messageUuid } = await send('v');
    sandbox.fail({ ...fault, times: 4, on: 'conversion' });
    const body = { verificationId: 'v', code: '1' };
    expect(await respond('/verify', body)).toEqual(await respond('/undecorated', body));
    for (let failures = 1; failures <= 4; failures += 1) {
      await app.events.until('retrying', failures);
      clock.shift(120_000);
    }
    const [delivered] = await app.events.until('delivered');
    expect(delivered).toMatchObject({ messageUuid, status: 'CONVERTED' });
    expect(sandbox.conversions.at(-1)).toMatchObject({ messageUuid, status: 'CONVERTED' });
    expect(await app.feedback.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('is away changes no login, and has all reports once it is back', async () => {
    const messages = [];
    for (let i = 0; i < 20; i += 1) messages.push((await send(`v${i}`)).messageUuid);
    await sandbox.down();
    for (let i = 0; i < 20; i += 1) {
      expect((await app.post('/verify', { verificationId: `v${i}`, code: '1' })).status).toBe(201);
    }
    await app.events.until('paused');
    await sandbox.up();
    for (const message of messages) await sandbox.waitForConversion(message);
    expect(app.log.matching(/ ConversionFeedback$/)).toEqual([
      expect.stringMatching(/^warn Plivo can't be reached/),
      expect.stringMatching(/^log Delivery to Plivo goes on/),
    ]);
  });

  it('says that a report is wrong keeps it as failed, with its words', async () => {
    const { messageUuid } = await send('v');
    sandbox.fail({ status: 404, on: 'conversion' });
    await app.post('/verify', { verificationId: 'v', code: '1' });
    await app.events.until('failed');
    expect(await app.feedback.failed()).toMatchObject([
      { messageUuid, status: 'CONVERTED', reason: { status: 404, apiId: expect.any(String) } },
    ]);
    expect(await app.feedback.retryFailed(messageUuid)).toBe(1);
    await sandbox.waitForConversion(messageUuid);
  });
});
