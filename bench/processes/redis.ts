import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../harness/root.js';

type Scripts = typeof import('../../scripts/redis-server.mjs');

const script = pathToFileURL(join(ROOT, 'scripts', 'redis-server.mjs')).href;
const { startRedisServer } = (await import(script)) as Scripts;
const server = await startRedisServer({ folder: process.argv[2], appendonly: 'yes' });

// Redis doesn't notice that nobody needs it any more: this process does.
const stop = (): void => void server.stop().finally(() => process.exit());
if (process.connected) process.once('disconnect', stop).send!(server.port);
else stop();
