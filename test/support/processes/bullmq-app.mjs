// An app without HTTP on the built package, in a process of its own. It says when it is up, records a
// report when told to, and closes itself when told to; what keeps it alive then isn't of its making.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ConversionFeedbackModule, ConversionFeedbackService } from '../../../dist/esm/index.js';
import { BullMQConversionStorage } from '../../../dist/esm/storage/bullmq/index.js';

const { storage, ...options } = JSON.parse(process.argv[2]);
const root = ConversionFeedbackModule.forRoot({
  authId: 'MAXXXX',
  authToken: 'token',
  ...options,
  storage: new BullMQConversionStorage(storage),
});
const app = await NestFactory.createApplicationContext(root, { abortOnError: false });
app.enableShutdownHooks(['SIGTERM']);
const feedback = app.get(ConversionFeedbackService);
feedback.events$.subscribe((event) => process.send({ event }));

const actions = {
  record: (messageUuid) => feedback.reportMessage(messageUuid, 'CONVERTED').catch(() => {}),
  close: async () => {
    const begun = performance.now();
    await app.close();
    process.send({ closedAfter: performance.now() - begun });
  },
};

process.on('message', ({ action, argument }) => void actions[action](argument));
// What keeps it alive is the app alone.
process.channel.unref();
process.send({ isUp: true });
