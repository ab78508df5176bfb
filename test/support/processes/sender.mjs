// An app of the built package in one environment after the other: it sends one message in each, and
// prints what came of it. SENDINGS holds them as JSON: { env, baseUrl, http }.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  MemoryConversionStorage,
} from '../../../dist/esm/index.js';

const message = { verificationId: 'v', dst: '+14155550177', src: '14155550100', text: 'Code 1' };

for (const { env, baseUrl, http } of JSON.parse(process.env.SENDINGS)) {
  Object.assign(process.env, env);
  const app = await NestFactory.createApplicationContext(
    ConversionFeedbackModule.forRoot({
      authId: 'MAXXXXXXXXXXXXXXXXXX',
      authToken: 'TOKENMARKER0123456789',
      baseUrl,
      storage: new MemoryConversionStorage(),
      http,
    }),
    { logger: ['error'] },
  );
  const outcome = await app
    .get(ConversionFeedbackService)
    .send(message)
    .then(
      () => 'sent',
      (error) => error.message,
    );
  process.stdout.write(`outcome: ${outcome}\n`);
  await app.close();
  for (const name of Object.keys(env)) delete process.env[name];
}
