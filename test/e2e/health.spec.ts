import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import {
  ConversionFeedbackModule,
  ConversionFeedbackModuleOptions,
  ConversionFeedbackService,
  ConversionStatus,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
  StorageError,
  TrackConversion,
  getConversionFeedbackToken,
} from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { ConversionFeedbackHealthIndicator } from '../../lib/terminus/index.js';
import { requireTerminus } from '../../lib/terminus/require-terminus.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';
import { newUuid } from '../support/storage-host.js';
import { tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const MINUTE = 60_000;
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

@Controller()
class AppController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly conversionFeedback: ConversionFeedbackHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.conversionFeedback.isHealthy('plivo')]);
  }

  @Get('health/strict')
  @HealthCheck()
  strict() {
    const options = { maxPendingAge: MINUTE };
    return this.health.check([() => this.conversionFeedback.isHealthy('plivo', options)]);
  }

  @Get('health/accounts')
  @HealthCheck()
  accounts() {
    return this.health.check([
      () => this.conversionFeedback.isHealthy(),
      () => this.conversionFeedback.isHealthy('eu', { name: 'eu' }),
    ]);
  }

  @Post('verify')
  @TrackConversion()
  verify() {
    return {};
  }
}

describe('the health endpoint of an app', () => {
  let sandbox: PlivoSandbox;
  let clock: ShiftableClock;
  let app: RunningApp;

  const start = async (
    options: Partial<ConversionFeedbackModuleOptions> = {},
    more: Partial<Parameters<typeof startApp>[0]> = {},
  ): Promise<void> => {
    clock = new ShiftableClock();
    app = await startApp({
      sandbox,
      imports: [TerminusModule],
      controllers: [AppController],
      providers: [ConversionFeedbackHealthIndicator],
      options,
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
      ...more,
    });
  };

  const health = async (path = '/health') => {
    const response = await fetch(`${app.url}${path}`);
    const { status, details } = (await response.json()) as Record<string, unknown>;
    return { code: response.status, status, details };
  };

  const isUp = async () => (await health()).code === 200;

  const report = (timestamp?: Date, uuid = newUuid()) =>
    app.feedback.reportMessage(uuid, ConversionStatus.CONVERTED, { timestamp });

  const sent = async (): Promise<string> => {
    const message = { dst: '14155550123', src: '14155550100', text: 'Code 1' };
    return (await app.feedback.send({ verificationId: 'v', ...message })).messageUuid;
  };

  const down = (details: object) => ({
    code: 503,
    status: 'error',
    details: { plivo: { status: 'down', ...details } },
  });

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    await app?.close();
    await sandbox.stop();
  });

  it('is up while all goes well', async () => {
    await start();
    const up = { code: 200, status: 'ok', details: { plivo: { status: 'up' } } };
    expect(await health()).toEqual(up);
    await report(undefined, await sent());
    await app.events.until('delivered');
    expect(await health()).toEqual(up);
  });

  it.each([
    ['401', 401],
    ['403 for each report', 403],
  ])('is down while Plivo refuses the credentials, and recovers: %s', async (_, status) => {
    await start();
    const uuids = [await sent(), await sent()];
    sandbox.fail({ status, times: 100, on: 'conversion' });
    for (const uuid of uuids) await report(undefined, uuid);
    await app.events.until('paused');
    expect(await health()).toEqual(
      down({
        message: `Plivo refuses the credentials (${status}): check authId and authToken`,
        paused: 'refused',
        pausedSince: ISO,
        oldestPending: ISO,
      }),
    );

    sandbox.clearFaults();
    clock.shift(MINUTE);
    await app.events.until('delivered', 2);
    expect(await health()).toMatchObject({ code: 200 });
  });

  it('is down where the app has another token than Plivo', async () => {
    await start({ authToken: 'another-token' });
    await report();
    await app.events.until('paused');
    const { code, details } = await health();
    expect(code).toBe(503);
    expect(JSON.stringify(details)).toContain('Plivo refuses the credentials (401)');
    expect(JSON.stringify(details)).not.toContain('another-token');
  });

  it('is down while the store can not be opened, and recovers', async () => {
    const folder = await tempFolder();
    await start({ storage: new LmdbConversionStorage({ path: folder.path }) });
    await report(undefined, await sent());
    await app.events.until('delivered');
    expect(await health()).toMatchObject({ code: 200 });

    await folder.remove();
    await writeFile(folder.path, 'no folder');
    await app.post('/verify', { verificationId: 'v' });
    await until(async () => !(await isUp()));
    const { code, details } = await health();
    expect({ code, details }).toEqual({
      code: 503,
      details: { plivo: { status: 'down', message: 'the storage is down: the log says why' } },
    });
    expect(JSON.stringify(details)).not.toContain(folder.path);

    await rm(folder.path);
    await until(isUp);
    await app.close();
    await folder.remove();
  });

  it('is down while nothing can be recorded, and recovers', async () => {
    class Full extends MemoryConversionStorage {
      isFull = true;
      override async settle(...args: Parameters<MemoryConversionStorage['settle']>) {
        if (this.isFull) throw new StorageError('The disk is full');
        return super.settle(...args);
      }
    }
    const storage = new Full();
    await start({ storage });
    await app.post('/verify', { verificationId: 'v' });
    expect(await health()).toEqual(
      down({ message: "conversions can't be recorded: the log says why" }),
    );
    storage.isFull = false;
    await until(isUp);
  });

  it('answers, and is down, where the storage never does', async () => {
    class Hung extends MemoryConversionStorage {
      override oldestPending = () => new Promise<never>(() => {});
    }
    await start({ storage: new Hung() });
    expect(await health()).toEqual(down({ message: 'the storage is down: the log says why' }));
  });

  it('is down while the oldest report is older than it may be, and recovers', async () => {
    await start();
    const uuids = [await sent(), await sent()];
    await sandbox.down();
    const now = Date.now();
    await report(new Date(now - 2 * MINUTE), uuids[0]);
    await report(new Date(now), uuids[1]);
    expect(await health()).toMatchObject({ code: 200 });
    expect(await health('/health/strict')).toMatchObject(
      down({
        message: `the oldest pending report is older than ${MINUTE} ms`,
        oldestPending: new Date(now - 2 * MINUTE).toISOString(),
      }),
    );
    clock.shift(60 * MINUTE);
    expect(await health()).toMatchObject(
      down({ message: `the oldest pending report is older than ${60 * MINUTE} ms` }),
    );

    await sandbox.up();
    await app.events.until('delivered', 2);
    expect(await health('/health/strict')).toMatchObject({ code: 200 });
  });

  it('says that delivery stands still for another cause, and is up', async () => {
    await start();
    sandbox.fail({ retryAfter: 60, times: 1, on: 'conversion' });
    await report(undefined, await sent());
    await app.events.until('paused');
    expect(await health()).toMatchObject({
      code: 200,
      details: { plivo: { status: 'up', paused: 'slowed', pausedSince: ISO } },
    });
  });

  it('tells one account from the other', async () => {
    const eu = await PlivoSandbox.start();
    const euModule = ConversionFeedbackModule.forRoot({
      name: 'eu',
      authId: eu.authId,
      authToken: 'another-token',
      baseUrl: eu.url,
      storage: new MemoryConversionStorage(),
    });
    await start({}, { imports: [TerminusModule, euModule] });
    const account = app.app.get<ConversionFeedbackService>(getConversionFeedbackToken('eu'));
    const paused = new Promise<void>((resolve) =>
      account.events$.subscribe(({ type }) => type === 'paused' && resolve()),
    );
    await account.reportMessage(newUuid(), ConversionStatus.CONVERTED);
    await paused;
    expect(await health('/health/accounts')).toMatchObject({
      code: 503,
      details: { conversionFeedback: { status: 'up' }, eu: { status: 'down', paused: 'refused' } },
    });
    await eu.stop();
  });

  it('is up over a double that a test puts in the place of the service', async () => {
    await start(
      {},
      {
        override: (builder) =>
          builder.overrideProvider(ConversionFeedbackService).useValue({
            events$: { subscribe: () => {} },
          }),
      },
    );
    expect(await health()).toMatchObject({ code: 200 });
  });

  it('refuses an account that is not there, and an age that is none', async () => {
    await start();
    const indicator = app.app.get(ConversionFeedbackHealthIndicator);
    const ask = (options: object) => indicator.isHealthy('plivo', options);
    await expect(ask({ name: 'us' })).rejects.toThrow(InvalidOptionsError);
    await expect(ask({ name: 'us' })).rejects.toThrow(
      '`name` must be that of an account: there is no ConversionFeedbackModule.forRoot({ name: "us" })',
    );
    await expect(ask({ maxPendingAge: -1 })).rejects.toThrow(
      '`maxPendingAge` -1 must be an integer from 1 up',
    );
  });
});

describe('the health indicator without its optional package', () => {
  it('says which, how to install it, and what wants it', async () => {
    const folder = await tempFolder();
    expect(() => requireTerminus(folder.path)).toThrow(
      'The package "@nestjs/terminus" is missing: run `npm install @nestjs/terminus` (`@nestjs/terminus@11` beside Nest 11) to use ConversionFeedbackHealthIndicator of nestjs-conversion-feedback/terminus',
    );
    await folder.remove();
  });
});
