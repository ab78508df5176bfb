import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import { ConversionFeedbackModuleOptions, TrackConversion } from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { RunningApp, startApp } from '../../support/app.js';
import { freePort } from '../../support/free-port.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

/** What the recorder holds in memory at most. */
const HELD = 10_000;
const message = { dst: '14155550123', src: '14155550100', text: 'Code 1' };

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1' };
  }
}

/** The app over a Redis that isn't there: logins must not notice. */
describe('an app whose Redis', () => {
  let port: number;
  let redis: Redis | undefined;
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  const start = async (options: Partial<ConversionFeedbackModuleOptions> = {}): Promise<void> => {
    const connection = { host: '127.0.0.1', port };
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: { storage: new BullMQConversionStorage({ connection }), ...options },
    });
  };

  const send = async (verificationId: string): Promise<string> =>
    (await app.feedback.send({ verificationId, ...message })).messageUuid;

  const login = async (verificationId: string): Promise<void> => {
    const response = await app.post('/verify', { verificationId, code: '1' });
    expect([response.status, await response.json()]).toEqual([201, { verified: true }]);
  };

  const reported = async (messages: readonly string[]): Promise<void> => {
    for (const messageUuid of messages) {
      await sandbox.waitForConversion(messageUuid, { timeout: 20_000 });
    }
    expect(await app.feedback.flush({ timeout: 20_000 })).toBe(true);
    expect(sandbox.conversions).toHaveLength(messages.length);
    const statuses = sandbox.conversions.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['CONVERTED']));
  };

  beforeEach(async () => {
    port = await freePort();
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await redis?.stop();
    redis = undefined;
  });

  it('is away at boot starts, serves logins, and records and reports them once it is there', async () => {
    await start();
    const messages = [await send('v'), await send('w')];
    await login('v');
    await login('w');
    expect(
      app.log.matching(/^error Redis can't be reached at .*ECONNREFUSED.*Logins go on/),
    ).toHaveLength(1);

    redis = await startRedis({ port });
    await reported(messages);
    expect(app.log.matching(/^log The storage is open again/)).toHaveLength(1);
    expect(app.log.matching(/^log Conversions are recorded again/)).toHaveLength(1);
    expect(app.log.matching(/^(error|warn)/)).toHaveLength(2);
  });

  it('is killed goes on with its logins, and records and reports them once it is back', async () => {
    redis = await startRedis({ port });
    await start();
    const messages = [await send('before')];
    await redis.kill();
    await until(async () => app.log.matching(/^error Redis is away/).length > 0);
    await login('before');
    for (let i = 0; i < 20; i += 1) {
      messages.push(await send(`v${i}`));
      await login(`v${i}`);
    }
    expect(sandbox.conversions).toEqual([]);

    await redis.start();
    await reported(messages);
    expect(app.log.lines.filter((line) => /^(error|warn)|again|is back/.test(line))).toEqual([
      expect.stringMatching(/^error Redis is away/),
      expect.stringMatching(/^error Conversions can't be recorded now/),
      expect.stringMatching(/^log Redis is back/),
      expect.stringMatching(/^log Conversions are recorded again/),
    ]);
  });

  it('hangs goes on with its logins: none waits after the first', async () => {
    redis = await startRedis({ port });
    await start();
    const messages: string[] = [];
    for (let i = 0; i < 40; i += 1) messages.push(await send(`v${i}`));
    redis.freeze();
    for (let i = 0; i < 40; i += 1) await login(`v${i}`);
    // It takes 5 s until a command counts as unanswered: 40 waits of recordTimeout are twice that.
    expect(app.log.matching(/^error Redis is away/)).toEqual([]);
    expect(app.log.matching(/^error Conversions can't be recorded now/)).toHaveLength(1);

    await until(async () => app.log.matching(/^error Redis is away/).length > 0);
    redis.thaw();
    await reported(messages);
    expect(app.events.of('dropped')).toEqual([]);
  });

  it.each([
    ['is killed', 'kill', 'start'],
    ['hangs', 'freeze', 'thaw'],
  ] as const)(
    '%s holds 10,000 writes, tells of each that it drops, and records the others',
    async (_, goes, comes) => {
      redis = await startRedis({ port });
      // Nothing is known to be wrong when they come: no write is refused before it is tried.
      await start({ recordTimeout: 0, delivery: false });
      await redis[goes]();
      const dropped = 7;
      const writes = Array.from({ length: HELD + dropped }, (_, i) =>
        app.feedback.track(`v${i}`, newUuid()),
      );
      await Promise.all(writes);
      expect(app.events.of('dropped')).toHaveLength(dropped);
      expect(app.log.matching(/^error Conversions are lost from now on/)).toHaveLength(1);
      await until(async () => app.log.matching(/^error Redis is away/).length > 0);

      await redis[comes]();
      await until(async () => app.events.of('tracked').length === HELD);
      expect(await app.feedback.counts()).toEqual({ open: HELD, pending: 0, failed: 0 });
      expect(app.events.of('dropped')).toHaveLength(dropped);
    },
    60_000,
  );

  it('stays away ends with it: it says what it could not record', async () => {
    redis = await startRedis({ port });
    await start();
    await send('v');
    await redis.kill();
    await until(async () => app.log.matching(/^error Redis is away/).length > 0);
    await login('v');
    await app.close();
    expect(app.log.matching(/^error 1 writes? could not be recorded/)).toHaveLength(1);
  });
});
