// Opens an lmdb store again and again, or records in it, until it is told to stop; says how often.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { LmdbConversionStorage } from '../../../dist/esm/index.js';
import { systemClock } from '../../../dist/esm/delivery/clock.js';

const [path, what] = process.argv.slice(2);
const host = {
  clock: systemClock,
  logger: new Logger('test'),
  delivery: false,
  retention: 86_400_000,
  lost: (why) => {
    throw why;
  },
};
let told = false;
let done = 0;
process.once('message', () => (told = true));

const storage = new LmdbConversionStorage({ path });
if (what === 'record') await storage.open(host);
process.send('begun');
while (!told) {
  if (what === 'record') {
    const report = { messageUuid: randomUUID(), status: 'CONVERTED', timestamp: new Date() };
    await storage.enqueue(report);
  } else {
    await storage.open(host);
    await storage.close();
  }
  done += 1;
  // Promises alone would keep the message from being heard.
  await new Promise((resolve) => setImmediate(resolve));
}
if (what === 'record') await storage.close();
process.send({ done });
process.disconnect();
