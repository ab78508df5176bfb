import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  ConversionFeedbackModule,
  ConversionFeedbackModuleOptions,
  ConversionFeedbackOptionsFactory,
  ConversionFeedbackService,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { startApp } from '../support/app.js';
import { tempFolder } from '../support/temp-folder.js';

describe('the module', () => {
  let sandbox: PlivoSandbox;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(() => sandbox.stop());

  const options = (): ConversionFeedbackModuleOptions => ({
    authId: sandbox.authId,
    authToken: sandbox.authToken,
    baseUrl: sandbox.url,
    storage: new MemoryConversionStorage(),
  });

  const ways: [string, () => ReturnType<typeof ConversionFeedbackModule.forRoot>][] = [
    ['forRoot', () => ConversionFeedbackModule.forRoot(options())],
    [
      'forRootAsync with useFactory, inject and imports',
      () => {
        @Module({ providers: [{ provide: 'CONFIG', useFactory: options }], exports: ['CONFIG'] })
        class ConfigModule {}
        return ConversionFeedbackModule.forRootAsync({
          imports: [ConfigModule],
          inject: ['CONFIG'],
          useFactory: async (config: ConversionFeedbackModuleOptions) => config,
        });
      },
    ],
    [
      'forRootAsync with useClass',
      () => {
        @Injectable()
        class Factory implements ConversionFeedbackOptionsFactory {
          createConversionFeedbackOptions = options;
        }
        return ConversionFeedbackModule.forRootAsync({ useClass: Factory });
      },
    ],
    [
      'forRootAsync with useExisting',
      () => {
        @Injectable()
        class Factory implements ConversionFeedbackOptionsFactory {
          createConversionFeedbackOptions = options;
        }
        @Module({ providers: [Factory], exports: [Factory] })
        class ConfigModule {}
        return ConversionFeedbackModule.forRootAsync({
          imports: [ConfigModule],
          useExisting: Factory,
        });
      },
    ],
  ];

  it.each(ways)('is set up by %s, and is global', async (_, importModule) => {
    @Injectable()
    class Feature {
      constructor(readonly feedback: ConversionFeedbackService) {}
    }
    @Module({ providers: [Feature] })
    class FeatureModule {}
    const module = await Test.createTestingModule({
      imports: [importModule(), FeatureModule],
    }).compile();
    await module.init();
    const { feedback } = module.get(Feature);
    const message = {
      verificationId: 'v',
      dst: '+14155550123',
      src: '14155550100',
      text: 'Code 1',
    };
    const { messageUuid } = await feedback.send(message);
    await feedback.report('v');
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
    await module.close();
  });

  it('stops the boot with all that is wrong with its options', async () => {
    @Module({
      imports: [
        ConversionFeedbackModule.forRoot({
          authToken: 'secret',
          baseUrl: 'http://sms.example.com',
        } as ConversionFeedbackModuleOptions),
      ],
    })
    class AppModule {}
    const boot = NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await expect(boot).rejects.toThrow(
      /^2 options are invalid: `authId` is missing.*`baseUrl` "http:\/\/sms.example.com" must be https/,
    );
  });

  it('stops the boot where the store can’t be written, and says what to change', async () => {
    const folder = await tempFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')]) {
      const module = await Test.createTestingModule({
        imports: [
          ConversionFeedbackModule.forRoot({
            ...options(),
            storage: new LmdbConversionStorage({ path }),
          }),
        ],
      }).compile();
      const error: unknown = await module.init().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect((error as Error).message).toMatch(
        /`storage.path` ".*" can't be written \(.+\), it must be a folder/,
      );
      await module.close();
    }
    await folder.remove();
  });

  it('keeps two apps in one process apart', async () => {
    const other = await PlivoSandbox.start();
    const [mine, theirs] = [await startApp({ sandbox }), await startApp({ sandbox: other })];
    const message = {
      verificationId: 'v',
      dst: '+14155550123',
      src: '14155550100',
      text: 'Code 1',
    };
    const { messageUuid } = await mine.feedback.send(message);
    await theirs.feedback.report('v');
    expect(theirs.events.of('unmatched')).toHaveLength(1);
    await mine.feedback.report('v');
    await sandbox.waitForConversion(messageUuid);
    expect(other.requests).toEqual([]);
    await mine.close();
    await theirs.close();
    await other.stop();
  });

  it('waits at shutdown for the report in flight, and leaves the rest recorded', async () => {
    const folder = await tempFolder();
    const storage = () => new LmdbConversionStorage({ path: folder.path });
    const app = await startApp({
      sandbox,
      options: { storage: storage(), delivery: { concurrency: 1 } },
    });
    const messages = [];
    for (const verificationId of ['a', 'b', 'c']) {
      const sent = await app.feedback.send({
        verificationId,
        dst: '+14155550123',
        src: '14155550100',
        text: 'Code 1',
      });
      messages.push(sent.messageUuid);
    }
    sandbox.fail({ delay: 300, on: 'conversion' });
    for (const verificationId of ['a', 'b', 'c']) await app.feedback.report(verificationId);
    while (sandbox.requests.length < 4) await new Promise((resolve) => setImmediate(resolve));
    await app.close();
    expect(sandbox.conversions.map(({ messageUuid }) => messageUuid)).toEqual([messages[0]]);
    const next = await startApp({ sandbox, options: { storage: storage() } });
    for (const message of messages) await sandbox.waitForConversion(message);
    expect(sandbox.conversions).toHaveLength(3);
    await next.close();
    await folder.remove();
  });

  it('ends its shutdown after shutdownTimeout, whatever the provider does', async () => {
    const app = await startApp({ sandbox, options: { shutdownTimeout: 50 } });
    await app.feedback.send({
      verificationId: 'v',
      dst: '+14155550123',
      src: '14155550100',
      text: 'Code 1',
    });
    sandbox.fail({ hang: true, on: 'conversion' });
    await app.feedback.report('v');
    while (sandbox.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await app.close();
    expect(sandbox.conversions).toEqual([]);
  });
});
