import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Body, ConsoleLogger, Controller, HttpCode, Post } from '@nestjs/common';
import { TrackConversion } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Platform, RunningApp, platforms, startApp } from '../support/app.js';

@Controller()
class LoginController {
  @Post('verify')
  @HttpCode(200)
  @TrackConversion()
  verify(@Body() { verificationId }: { verificationId?: string }) {
    return { welcome: verificationId ?? 'stranger' };
  }
}

/** A transport that is gone: it throws at every line of ours, and at Nest's it is silent. */
class BrokenLogger extends ConsoleLogger {
  #write(words: unknown[]): void {
    if (words.at(-1) === 'ConversionFeedback') throw new Error('no space left on device');
  }

  override log = (...words: unknown[]): void => this.#write(words);
  override warn = (...words: unknown[]): void => this.#write(words);
  override error = (...words: unknown[]): void => this.#write(words);
}

const names = Object.keys(platforms) as Platform[];

describe.each(names)('Under %s, an app whose logger throws', (platform) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let warnings: jest.SpiedFunction<typeof process.emitWarning>;

  const warned = () => warnings.mock.calls.map(([warning]) => warning);

  beforeEach(async () => {
    warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      platform,
      controllers: [LoginController],
      options: { delivery: { backoff: { initial: 1, max: 5 } } },
      configure: (nest) => nest.useLogger(new BrokenLogger()),
    });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    warnings.mockRestore();
  });

  it('answers the login that a line is said of', async () => {
    const response = await app.post('/verify', {});
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ welcome: 'stranger' });
  });

  it('delivers through an outage that it has lines about', async () => {
    const { messageUuid } = await app.feedback.send({
      verificationId: 'v-1',
      dst: '+14155550123',
      src: '+14155550100',
      text: 'Your code is 123456',
    });
    sandbox.fail({ reset: true, on: 'conversion', times: Infinity });
    expect((await app.post('/verify', { verificationId: 'v-1' })).status).toBe(200);
    await app.events.until('paused');
    sandbox.clearFaults();
    await app.events.until('resumed');
    await sandbox.waitForConversion(messageUuid);
  });

  it('has the lines among the warnings of the process, without what was thrown', async () => {
    await app.post('/verify', {});
    expect(warned()).toContainEqual(
      expect.stringMatching(/^LoginController\.verify: .+ \(the app's logger threw\)$/),
    );
    expect(JSON.stringify(warned())).not.toContain('no space left');
  });
});
