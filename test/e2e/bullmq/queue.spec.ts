import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, INestApplication, Post } from '@nestjs/common';
import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Test } from '@nestjs/testing';
import { Queue } from 'bullmq';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  ConversionStatus,
  TrackConversion,
} from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { EventLog } from '../../support/event-log.js';
import { LogLines } from '../../support/log-lines.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const QUEUE = 'otp-reports';
const HOUR = 3_600_000;

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: { code: string }) {
    return { verified: dto.code === '1' };
  }
}

/** What an app may well say of its queues: each of these would break delivery. */
const DEFAULTS = {
  delay: HOUR,
  attempts: 5,
  backoff: HOUR,
  lifo: true,
  priority: 7,
  removeOnComplete: false,
  removeOnFail: true,
  stackTraceLimit: 0,
  jobId: 'always-the-same',
};

describe('a queue that BullModule registered', () => {
  let redis: Redis;
  let sandbox: PlivoSandbox;
  let app: INestApplication;
  let log: LogLines;
  let events: EventLog;
  let feedback: ConversionFeedbackService;
  let queue: Queue;
  let prefix = 0;

  beforeAll(async () => {
    redis = await startRedis();
    sandbox = await PlivoSandbox.start();
  }, 120_000);

  afterAll(async () => {
    await sandbox.stop();
    await redis.stop();
  });

  beforeEach(async () => {
    sandbox.reset();
    log = new LogLines();
    const registered = BullModule.registerQueue({ name: QUEUE });
    const module = await Test.createTestingModule({
      imports: [
        BullModule.forRoot({
          connection: { host: '127.0.0.1', port: redis.port },
          prefix: `app-${(prefix += 1)}`,
          defaultJobOptions: DEFAULTS,
        }),
        registered,
        ConversionFeedbackModule.forRootAsync({
          imports: [registered],
          inject: [getQueueToken(QUEUE)],
          useFactory: (queue: Queue) => ({
            authId: sandbox.authId,
            authToken: sandbox.authToken,
            baseUrl: sandbox.url,
            storage: new BullMQConversionStorage({ queue }),
          }),
        }),
      ],
      controllers: [VerifyController],
    })
      .setLogger(log)
      .compile();
    app = module.createNestApplication({ logger: log });
    await app.listen(0, '127.0.0.1');
    feedback = app.get(ConversionFeedbackService);
    queue = app.get<Queue>(getQueueToken(QUEUE));
    events = new EventLog();
    feedback.events$.subscribe(events.emit);
  });

  afterEach(() => app.close());

  const send = () =>
    feedback.send({ verificationId: 'v', dst: '14155550123', src: '14155550100', text: 'Code 1' });

  /** A report that Plivo refuses: it knows no such message. */
  async function failed(): Promise<string> {
    const messageUuid = newUuid();
    await feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
    await events.until('failed');
    return messageUuid;
  }

  it('carries a login’s report, whatever the app’s defaultJobOptions are', async () => {
    const { messageUuid } = await send();
    const response = await fetch(`${await app.getUrl()}/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ verificationId: 'v', code: '1' }),
    });
    expect(await response.json()).toEqual({ verified: true });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
    await until(async () => (await feedback.counts()).pending === 0);
    expect(log.matching(/^(warn|error)/)).toEqual([]);
    expect(await queue.getJobCounts('completed', 'failed', 'waiting', 'delayed', 'active')).toEqual(
      {
        completed: 0,
        failed: 0,
        waiting: 0,
        delayed: 0,
        active: 0,
      },
    );
  });

  it('shows a failed report to the app’s tools, with what Plivo answered', async () => {
    const messageUuid = await failed();
    expect(await queue.getJobCounts('failed')).toEqual({ failed: 1 });
    const [job] = await queue.getFailed();
    const [report] = await feedback.failed();
    expect(report).toMatchObject({ messageUuid, reason: { status: 404 } });
    expect(job).toMatchObject({ name: 'CONVERTED', failedReason: report.reason.message });
    expect(job.failedReason).toMatch(/\w/);
    expect(job.id).toContain(messageUuid);
  });

  it('delivers a failed report that a person retries there, and counts follow', async () => {
    sandbox.fail({ on: 'conversion', status: 400, times: 1 });
    const sent = await send();
    await feedback.report('v');
    await events.until('failed');
    expect(await feedback.counts()).toEqual({ open: 0, pending: 0, failed: 1 });

    const [job] = await queue.getFailed();
    await job.retry();

    expect(await sandbox.waitForConversion(sent.messageUuid)).toMatchObject({
      status: 'CONVERTED',
    });
    await events.until('delivered');
    await until(async () => (await feedback.counts()).failed === 0);
    expect(await feedback.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('fails a report again that a person retries there in vain', async () => {
    const messageUuid = await failed();
    const [job] = await queue.getFailed();
    await job.retry();
    await events.until('failed', 2);
    expect(await feedback.counts()).toEqual({ open: 0, pending: 0, failed: 1 });
    expect(await feedback.failed()).toMatchObject([{ messageUuid, reason: { status: 404 } }]);
  });

  it('forgets a failed report that a person removes there', async () => {
    await failed();
    const [job] = await queue.getFailed();
    await job.remove();
    expect(await feedback.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
    expect(await feedback.failed()).toEqual([]);
  });

  it('stands still while a person pauses it, and goes on afterwards', async () => {
    await queue.pause();
    const sent = await send();
    await feedback.report('v');
    await until(async () => (await queue.getJobCounts('waiting')).waiting === 1);
    expect(sandbox.conversions).toEqual([]);
    await queue.resume();
    await sandbox.waitForConversion(sent.messageUuid);
  });
});
