// Opens an lmdb store as an app does at its start, and says what came of it and how its event loop ran.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { LmdbConversionStorage } from '../../../dist/esm/index.js';
import { systemClock } from '../../../dist/esm/delivery/clock.js';

const [path] = process.argv.slice(2);
let turns = 0;
const ticking = setInterval(() => (turns += 1), 10);
const storage = new LmdbConversionStorage({ path });
const rejected = await storage
  .open({ clock: systemClock, logger: new Logger('test'), delivery: false, retention: 86_400_000 })
  .then(
    () => undefined,
    (error) => error.message,
  );
clearInterval(ticking);
process.send({ rejected, turns });
process.disconnect();
