import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, HttpCode, INestApplication, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  MemoryConversionStorage,
  TrackConversion,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { LogLines } from '../support/log-lines.js';

@Controller()
class VerifyController {
  @Post('verify')
  @HttpCode(200)
  @TrackConversion({ when: () => true })
  verify() {
    return { verified: true };
  }

  @Post('verify-by-default')
  @HttpCode(200)
  @TrackConversion()
  verifyByDefault() {
    return { verified: true };
  }
}

const spied = {
  send: jest.fn(),
  settle: jest.fn(),
  unmatched: jest.fn(),
  faultOf: jest.fn(),
  waitAtMost: jest.fn(),
};

/** What tests put in the service's place. */
const doubles: Record<string, unknown> = {
  'a plain object': { send: async () => ({ messageUuid: 'none' }) },
  'an object of its class that no constructor made': Object.create(
    ConversionFeedbackService.prototype,
  ),
  'an object of mock functions': spied,
  'a mock function': jest.fn(),
  null: null,
};

describe.each(Object.entries(doubles))('an app whose service is %s', (_, double) => {
  let sandbox: PlivoSandbox;
  let app: INestApplication;
  let log: LogLines;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    log = new LogLines();
    const { authId, authToken, url: baseUrl } = sandbox;
    const storage = new MemoryConversionStorage();
    const module = await Test.createTestingModule({
      imports: [ConversionFeedbackModule.forRoot({ authId, authToken, baseUrl, storage })],
      controllers: [VerifyController],
    })
      .setLogger(log)
      .overrideProvider(ConversionFeedbackService)
      .useValue(double)
      .compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  it.each(['verify', 'verify-by-default'])(
    'answers as ever, reports nothing and logs no fault: %s',
    async (path) => {
      const response = await fetch(`${await app.getUrl()}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ verificationId: 'v' }),
      });
      expect([response.status, await response.json()]).toEqual([200, { verified: true }]);
      expect(sandbox.requests).toEqual([]);
      expect(log.matching(/^(warn|error|fatal)/)).toEqual([]);
      for (const method of Object.values(spied)) expect(method).not.toHaveBeenCalled();
    },
  );
});
