import { describe, expect, it } from '@jest/globals';
import { run } from '../support/run.js';
import { ROOT } from '../support/tarball.js';

/** The module is one build's, and the decorator the other's. */
const APP = `
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TrackConversion } from 'nestjs-conversion-feedback';

const { ConversionFeedbackModule, MemoryConversionStorage } =
  createRequire(import.meta.url)('nestjs-conversion-feedback');
const name = process.env.ACCOUNT;

class VerifyController {
  verify() {}
}
const verify = Object.getOwnPropertyDescriptor(VerifyController.prototype, 'verify');
TrackConversion({ name })(VerifyController.prototype, 'verify', verify);
Post('verify')(VerifyController.prototype, 'verify', verify);
Controller()(VerifyController);

class AppModule {}
const storage = new MemoryConversionStorage();
const account = { name, authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'token', storage };
Module({
  imports: [ConversionFeedbackModule.forRoot(account)],
  controllers: [VerifyController],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, {
  logger: false,
  abortOnError: false,
}).then(
  () => 'it started',
  (error) => error.message,
);
console.log(app);
`;

describe('an app that loads both builds', () => {
  it.each(['default', 'eu'])(
    'doesn’t start, rather than report nothing: account %s',
    async (account) => {
      const args = ['--input-type=module', '--eval', APP];
      const env = { ACCOUNT: account };
      const { stdout, output } = await run(process.execPath, args, { cwd: ROOT, env });
      expect(stdout).toMatch(/Nest can't resolve dependencies/);
      expect(output).toContain('loaded both as an ES module and as CommonJS');
    },
    30_000,
  );
});
