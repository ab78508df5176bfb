import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from './find-program.js';
import { freePort } from './free-port.js';
import { tempFolder } from './temp-folder.js';

/** A Redis of a test's own, on a free port. */
export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a Redis that keeps nothing. */
export async function startRedis(): Promise<Redis> {
  const program = await findProgram({
    names: ['redis-server'],
    variable: 'REDIS_SERVER_PATH',
    debian: 'redis-server',
  });
  const folder = await tempFolder();
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: folder.path, save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  let output = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`Redis didn't start:\n${output}`)));
  });
  return {
    port,
    stop: async () => {
      server.kill();
      await ended;
      await folder.remove();
    },
  };
}
