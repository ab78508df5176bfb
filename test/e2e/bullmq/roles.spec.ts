import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, INestApplicationContext, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConversionFeedbackModule,
  ConversionFeedbackModuleOptions,
  ConversionFeedbackService,
  TrackConversion,
  getConversionFeedbackToken,
} from '../../../lib/index.js';
import { CLOCK } from '../../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { RunningApp, startApp } from '../../support/app.js';
import { ShiftableClock } from '../../support/clocks.js';
import { LogLines } from '../../support/log-lines.js';
import { Redis, startRedis } from '../../support/redis.js';
import { HOUR } from '../../support/storage-host.js';

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1' };
  }
}

const message = { dst: '14155550123', src: '14155550100', text: 'Code 1' };

describe('an app on several machines, on one Redis', () => {
  let redis: Redis;
  let sandbox: PlivoSandbox;
  let queueName = '';
  let made = 0;
  const running: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    sandbox = await PlivoSandbox.start();
  }, 120_000);

  afterAll(async () => {
    await sandbox.stop();
    await redis.stop();
  });

  beforeEach(() => {
    sandbox.reset();
    queueName = `reports-${(made += 1)}`;
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
  });

  const storage = (name = queueName) =>
    new BullMQConversionStorage({
      connection: { host: '127.0.0.1', port: redis.port },
      queueName: name,
    });

  async function web(
    options: Partial<ConversionFeedbackModuleOptions> = {},
    clock = new ShiftableClock(),
  ): Promise<RunningApp> {
    const app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: { storage: storage(), ...options },
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
    running.push(app);
    return app;
  }

  /** A process without HTTP. */
  async function worker(): Promise<INestApplicationContext> {
    @Module({
      imports: [
        ConversionFeedbackModule.forRoot({
          authId: sandbox.authId,
          authToken: sandbox.authToken,
          baseUrl: sandbox.url,
          storage: storage(),
        }),
      ],
    })
    class WorkerModule {}
    const app = await NestFactory.createApplicationContext(WorkerModule, {
      logger: new LogLines(),
      abortOnError: false,
    });
    running.push(app);
    return app;
  }

  const login = async (app: RunningApp, verificationId: string): Promise<number> =>
    (await app.post('/verify', { verificationId, code: '1' })).status;

  it('reports a login that ended on another instance than it began on', async () => {
    const [one, two] = [await web(), await web()];
    const { messageUuid } = await one.feedback.send({ verificationId: 'v', ...message });
    expect(await login(two, 'v')).toBe(201);
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
    expect(two.events.of('recorded')).toMatchObject([{ messageUuid, verificationId: 'v' }]);
  });

  it('reports a code once that both instances took', async () => {
    const [one, two] = [await web(), await web()];
    const { messageUuid } = await one.feedback.send({ verificationId: 'v', ...message });
    await Promise.all([login(one, 'v'), login(two, 'v'), login(one, 'v'), login(two, 'v')]);
    await sandbox.waitForConversion(messageUuid);
    expect(await one.feedback.flush({ timeout: 10_000 })).toBe(true);
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('only records with `delivery: false`, and a worker without HTTP delivers', async () => {
    const app = await web({ delivery: false });
    const { messageUuid } = await app.feedback.send({ verificationId: 'v', ...message });
    await login(app, 'v');
    expect(await app.feedback.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
    expect(await app.feedback.flush({ timeout: 300 })).toBe(false);
    expect(sandbox.conversions).toEqual([]);

    await worker();
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
    expect(await app.feedback.flush({ timeout: 10_000 })).toBe(true);
    expect(app.events.of('delivered')).toEqual([]);
  });

  it('reports what expired while no process ran, at the moment it did', async () => {
    const app = await web({ expireAfter: HOUR });
    const { messageUuid } = await app.feedback.send({ verificationId: 'v', ...message });
    const sentBy = Date.now();
    await app.close();
    running.splice(0);
    expect(sandbox.conversions).toEqual([]);

    const later = new ShiftableClock();
    later.shift(3 * HOUR);
    await web({ expireAfter: HOUR }, later);
    const { status, timestamp } = await sandbox.waitForConversion(messageUuid);
    expect(status).toBe('NOT_CONVERTED');
    expect(Date.parse(timestamp)).toBeLessThanOrEqual(sentBy + HOUR);
    expect(Date.parse(timestamp)).toBeGreaterThan(sentBy + HOUR - 60_000);
  });

  describe('with two Plivo accounts', () => {
    const accounts = (ofEu: BullMQConversionStorage, ofDefault = storage()) =>
      startApp({
        sandbox,
        imports: [
          ConversionFeedbackModule.forRoot({
            name: 'eu',
            authId: sandbox.authId,
            authToken: sandbox.authToken,
            baseUrl: sandbox.url,
            storage: ofEu,
          }),
        ],
        options: { storage: ofDefault },
      });

    it('has a queue for each, by the account’s name', async () => {
      const ofEu = new BullMQConversionStorage({
        connection: { host: '127.0.0.1', port: redis.port },
      });
      const app = await accounts(ofEu);
      running.push(app);
      const eu = app.app.get<ConversionFeedbackService>(getConversionFeedbackToken('eu'));
      await eu.track('v', 'db3ce55a-7f1d-11e1-8ea7-1231380bc196');
      expect(await eu.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
      expect(await app.feedback.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
    });

    it('doesn’t start where both are told the same one', async () => {
      const [ofDefault, ofEu] = [storage(), storage()];
      // Nest closes nothing of an app that doesn't start.
      running.push(ofDefault);
      await expect(accounts(ofEu, ofDefault)).rejects.toThrow(
        new RegExp(
          `1 option is invalid: .storage. in {bull}:${queueName} is the account default’s, eu must have another queueName`,
        ),
      );
    });
  });
});
