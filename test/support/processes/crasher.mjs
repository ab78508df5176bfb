// An app that writes to its store without a pause, and ends in the middle of it, as told.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  LmdbConversionStorage,
} from '../../../dist/esm/index.js';

const [path, end] = process.argv.slice(2);

class AppModule {}
Module({
  imports: [
    ConversionFeedbackModule.forRoot({
      authId: 'MAXXXXXXXXXXXXXXXXXX',
      authToken: 'token',
      baseUrl: 'http://127.0.0.1:9',
      storage: new LmdbConversionStorage({ path }),
    }),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const feedback = app.get(ConversionFeedbackService);
const write = async () => {
  for (;;) await feedback.track(randomUUID(), randomUUID());
};
for (let writers = 0; writers < 4; writers += 1) void write();
process.send('writes');
process.once('message', () => {
  if (end === 'exit') process.exit(3);
  throw new Error('a fault of the app');
});
