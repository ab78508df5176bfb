// Opens an lmdb store as an app does at its start, and says what came of it and how its event loop ran.
// It ends then, or, told to stay, keeps the store open.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { LmdbConversionStorage } from '../../../dist/esm/index.js';
import { systemClock } from '../../../dist/esm/delivery/clock.js';

const [path, stay] = process.argv.slice(2);
let turns = 0;
const ticking = setInterval(() => (turns += 1), 10);
const storage = new LmdbConversionStorage({ path });
const rejected = await storage
  .open({
    clock: systemClock,
    logger: new Logger('test'),
    account: 'default',
    accountId: 'digest',
    delivery: false,
    retention: 86_400_000,
  })
  .then(
    () => undefined,
    (error) => error.message,
  );
clearInterval(ticking);
process.send({ rejected, turns });
if (stay) process.channel.ref();
else process.disconnect();
