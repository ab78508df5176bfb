import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from './find-program.mjs';
import { freePort } from './free-port.mjs';

/** A Redis on a free port of the loopback interface. */
export async function startRedisServer({ folder, appendonly }) {
  const program = await findProgram({
    names: ['redis-server'],
    variable: 'REDIS_SERVER_PATH',
    debian: 'redis-server',
  });
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: Ctrl+C is for whoever started it, who may still need it for a while.
    detached: true,
  });
  const ended = once(server, 'exit');
  let output = '';
  await new Promise((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
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
    },
  };
}
