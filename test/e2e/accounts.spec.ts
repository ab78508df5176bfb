import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, Post, UseInterceptors } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ConversionFeedbackModule,
  ConversionFeedbackModuleOptions,
  ConversionFeedbackService,
  InjectConversionFeedback,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
  TrackConversion,
  TrackConversionInterceptor,
  getConversionFeedbackToken,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { tempFolder } from '../support/temp-folder.js';

const message = { dst: '+14155550123', src: '14155550100', text: 'Code 123456' };

@Injectable()
class Accounts {
  constructor(
    readonly us: ConversionFeedbackService,
    @InjectConversionFeedback('eu') readonly eu: ConversionFeedbackService,
    @InjectConversionFeedback() readonly unnamed: ConversionFeedbackService,
  ) {}
}

@Controller()
class VerifyController {
  @Post('us')
  @TrackConversion()
  us() {
    return {};
  }

  @Post('eu')
  @TrackConversion({ name: 'eu' })
  eu() {
    return {};
  }

  @Post('eu-and-by-hand')
  @UseInterceptors(TrackConversionInterceptor)
  @TrackConversion({ name: 'eu' })
  euAndByHand() {
    return {};
  }
}

@Controller('class')
@TrackConversion()
class UsController {
  @Post('us')
  us() {
    return {};
  }

  @Post('eu')
  @TrackConversion({ name: 'eu' })
  eu() {
    return {};
  }
}

describe('two Plivo accounts in one app', () => {
  let us: PlivoSandbox;
  let eu: PlivoSandbox;
  let app: RunningApp;
  let accounts: Accounts;

  beforeEach(async () => {
    us = await PlivoSandbox.start({ authId: 'MAUS', authToken: 'us-token' });
    eu = await PlivoSandbox.start({ authId: 'MAEU', authToken: 'eu-token' });
    app = await startApp({
      sandbox: us,
      imports: [
        ConversionFeedbackModule.forRootAsync({
          name: 'eu',
          useFactory: () => ({
            authId: eu.authId,
            authToken: eu.authToken,
            baseUrl: eu.url,
            storage: new MemoryConversionStorage(),
          }),
        }),
      ],
      controllers: [VerifyController, UsController],
      providers: [Accounts],
    });
    accounts = app.app.get(Accounts);
  });

  afterEach(async () => {
    await app.close();
    await us.stop();
    await eu.stop();
  });

  it('are two services, and the one without a name is the default', () => {
    expect(accounts.unnamed).toBe(accounts.us);
    expect(accounts.eu).not.toBe(accounts.us);
    expect(app.app.get(getConversionFeedbackToken('eu'))).toBe(accounts.eu);
    expect(app.app.get(getConversionFeedbackToken())).toBe(accounts.us);
  });

  it.each([
    ['a handler without a name', 'us', '/us'],
    ['a handler that names it', 'eu', '/eu'],
    ['a handler that names it, and has the default’s interceptor too', 'eu', '/eu-and-by-hand'],
    ['a handler of a class without a name', 'us', '/class/us'],
    ['a handler that names it, of a class that doesn’t', 'eu', '/class/eu'],
  ] as const)('report by %s with its own credentials: %s', async (_, name, path) => {
    const [own, others] = name === 'us' ? [us, eu] : [eu, us];
    const unmatched: unknown[] = [];
    for (const account of [accounts.us, accounts.eu]) {
      account.events$.subscribe((event) => event.type === 'unmatched' && unmatched.push(event));
    }
    const sent = await accounts[name].send({ verificationId: 'v', ...message });

    await app.post(path, { verificationId: 'v' });

    const { status } = await own.waitForConversion(sent.messageUuid);
    expect(status).toBe('CONVERTED');
    expect(own.conversions).toHaveLength(1);
    expect(others.requests).toEqual([]);
    expect(unmatched).toEqual([]);
  });

  it('know nothing of each other’s verifications', async () => {
    await accounts.us.send({ verificationId: 'v', ...message });
    await app.post('/eu', { verificationId: 'v' });
    expect(await accounts.us.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
    expect(await accounts.eu.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
    expect(us.conversions).toEqual([]);
  });

  it('have lines of their own in the log', async () => {
    eu.fail({ status: 401 });
    await accounts.eu.send({ verificationId: 'v', ...message }).catch(() => {});
    await app.post('/eu', {});
    await app.post('/us', {});
    const complaints = app.log.lines.filter((line) => line.includes('no verification id'));
    expect(complaints).toEqual([
      expect.stringContaining('ConversionFeedback:eu'),
      expect.not.stringContaining('ConversionFeedback:eu'),
    ]);
  });
});

describe('an account', () => {
  let sandbox: PlivoSandbox;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(() => sandbox.stop());

  const options = (more: Partial<ConversionFeedbackModuleOptions>) => ({
    authId: sandbox.authId,
    authToken: sandbox.authToken,
    baseUrl: sandbox.url,
    ...more,
  });
  const boot = async (...accounts: Partial<ConversionFeedbackModuleOptions>[]) => {
    const imports = accounts.map((more) => ConversionFeedbackModule.forRoot(options(more)));
    const module = await Test.createTestingModule({ imports }).compile();
    return module.init().catch(async (error: unknown) => {
      await module.close();
      throw error;
    });
  };

  it('that no forRoot sets up stops the boot of a handler that names it, and says what is missing', async () => {
    const booting = Test.createTestingModule({
      imports: [
        ConversionFeedbackModule.forRoot(options({ storage: new MemoryConversionStorage() })),
      ],
      controllers: [VerifyController],
    }).compile();
    await expect(booting).rejects.toThrow("ConversionFeedbackModule.forRoot({ name: 'eu' })");
  });

  it.each(['', 'a b', 'ä', '../eu', 'x'.repeat(65), 7, null])(
    'that is called %j stops the boot',
    async (name) => {
      await expect(boot({ name: name as string })).rejects.toThrow(
        /`name` .* must be 1 to 64 letters, digits, - or _/,
      );
    },
  );

  it('whose name is in what the factory returns stops the boot, and says where it belongs', async () => {
    const booting = Test.createTestingModule({
      imports: [
        ConversionFeedbackModule.forRootAsync({ useFactory: () => options({ name: 'eu' }) }),
      ],
    }).compile();
    await expect(booting).rejects.toThrow('`name` must stand beside the factory');
  });

  it.each([
    ['without a name', undefined, '`name` is missing in 2 modules of this app'],
    ['of the same name', 'eu', '`name` "eu" is that of 2 modules of this app'],
  ])(
    'that is set up twice, %s, stops the boot, and nothing is opened',
    async (_, name, complaint) => {
      const opened: string[] = [];
      class Watched extends MemoryConversionStorage {
        override open(...args: Parameters<MemoryConversionStorage['open']>): Promise<void> {
          opened.push('opened');
          return super.open(...args);
        }
      }
      const [first, second] = [
        { name, storage: new Watched() },
        { name, storage: new Watched() },
      ];
      await expect(boot(first, { ...second, authId: 'MAOTHER' })).rejects.toThrow(complaint);
      expect(opened).toEqual([]);
    },
  );

  it('that one module sets up for two others that import it is one account', async () => {
    const account = ConversionFeedbackModule.forRoot(
      options({ storage: new MemoryConversionStorage() }),
    );
    @Module({ imports: [account] })
    class One {}
    @Module({ imports: [account] })
    class Another {}
    const module = await Test.createTestingModule({ imports: [One, Another] }).compile();
    await module.init();
    await module.close();
  });

  it('that each of two apps in one process sets up is one of each app', async () => {
    const apps = [
      await boot({ storage: new MemoryConversionStorage() }),
      await boot({ storage: new MemoryConversionStorage() }),
    ];
    await Promise.all(apps.map((app) => app.close()));
  });

  it('that is given another’s storage stops the boot', async () => {
    const storage = new MemoryConversionStorage();
    await expect(boot({ storage }, { name: 'eu', storage })).rejects.toThrow(
      '`storage` is open already',
    );
  });

  it('that is given the path of another’s store stops the boot', async () => {
    const folder = await tempFolder();
    const path = join(folder.path, 'store');
    const first = await boot({ storage: new LmdbConversionStorage({ path }) });
    await first.close();
    const second = boot({ name: 'eu', storage: new LmdbConversionStorage({ path }) });
    await expect(second).rejects.toThrow(/`storage` in .* is the account default’s, eu must have/);
    await folder.remove();
  });

  describe('whose store was begun with another authId', () => {
    let folder: Awaited<ReturnType<typeof tempFolder>>;
    let path: string;

    beforeEach(async () => {
      folder = await tempFolder();
      path = join(folder.path, 'store');
      await bootOnce({});
    });

    afterEach(() => folder.remove());

    const bootOnce = async (more: Partial<ConversionFeedbackModuleOptions>): Promise<void> => {
      const module = await boot({ storage: new LmdbConversionStorage({ path }), ...more });
      await module.close();
    };

    it('stops the boot, names what is wrong and says what to do', async () => {
      await expect(bootOnce({ authId: 'MAOTHER' })).rejects.toThrow(InvalidOptionsError);
      await expect(bootOnce({ authId: 'MAOTHER' })).rejects.toThrow(
        /`storage` in ".*" holds messages that were sent with another `authId`.*set `storage.path` to another folder/,
      );
      await bootOnce({});
    });

    it('boots with another token, and from another folder', async () => {
      await bootOnce({ authToken: 'a-new-token' });
      const other = new LmdbConversionStorage({ path: join(folder.path, 'other') });
      await bootOnce({ authId: 'MAOTHER', storage: other });
    });

    it('is known by a digest: the ID itself stands nowhere in the store', async () => {
      const file = await readFile(join(path, 'data.mdb'), 'latin1');
      expect(file).toContain('accountId');
      expect(file).not.toContain(sandbox.authId);
    });
  });

  it('without a storage keeps its store in a folder with its name', async () => {
    const folder = await tempFolder();
    const home = process.cwd();
    process.chdir(folder.path);
    try {
      const app = await boot({}, { name: 'eu' });
      await app.close();
      expect((await readdir(folder.path)).sort()).toEqual([
        '.conversion-feedback',
        '.conversion-feedback-eu',
      ]);
    } finally {
      process.chdir(home);
      await folder.remove();
    }
  });
});
