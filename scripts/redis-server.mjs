import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from './find-program.mjs';
import { freePort } from './free-port.mjs';

/**
 * A Redis on a port of the loopback interface, a free one unless it is named.
 * @param settings more of redis.conf
 */
export async function startRedisServer({ folder, port: wanted, ...settings }) {
  const program = await findProgram({
    names: ['redis-server'],
    variable: 'REDIS_SERVER_PATH',
    debian: 'redis-server',
  });
  const port = wanted ?? (await freePort());
  const all = { bind: '127.0.0.1', dir: folder, save: '', ...settings, port };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
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
    signal: (signal) => void server.kill(signal),
    ended: async () => void (await ended),
    stop: async () => {
      server.kill();
      await ended;
    },
  };
}
