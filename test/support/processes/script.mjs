// A script on the built package, with nothing but itself to keep it alive: it reports, waits until
// that is delivered, and ends. PROVIDER_URL, AUTH_ID and AUTH_TOKEN name the provider.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  LmdbConversionStorage,
} from '../../../dist/esm/index.js';

const app = await NestFactory.createApplicationContext(
  ConversionFeedbackModule.forRoot({
    authId: process.env.AUTH_ID,
    authToken: process.env.AUTH_TOKEN,
    baseUrl: process.env.PROVIDER_URL,
    storage: new LmdbConversionStorage({ path: process.env.CONVERSION_FEEDBACK_PATH }),
    delivery: { backoff: { initial: 1_000, max: 1_000 } },
  }),
  { logger: ['error'] },
);
const feedback = app.get(ConversionFeedbackService);
await feedback.send({
  verificationId: 'v',
  dst: '+14155550123',
  src: '14155550100',
  text: 'Code 1',
});
await feedback.report('v');
console.log(`flushed: ${await feedback.flush()}`);
await app.close();
console.log('closed');
