import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from '../../support/find-program.js';
import { freePort } from '../../support/free-port.js';
import { tempFolder } from '../../support/temp-folder.js';

/** A Redis with an append-only file that is killed, and started again on the same data. */
export class RedisServer {
  #process?: ChildProcess;

  private constructor(
    private readonly program: string,
    private readonly folder: Awaited<ReturnType<typeof tempFolder>>,
    readonly port: number,
  ) {}

  static async start(): Promise<RedisServer> {
    const program = await findProgram({
      names: ['redis-server'],
      variable: 'REDIS_SERVER_PATH',
      debian: 'redis-server',
    });
    const server = new RedisServer(program, await tempFolder(), await freePort());
    await server.start();
    return server;
  }

  /** Starts it; resolves once it takes commands. */
  async start(): Promise<void> {
    const { port, folder } = this;
    const settings = { port, bind: '127.0.0.1', dir: folder.path, save: '', appendonly: 'yes' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const started = spawn(this.program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = started;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Ready to accept connections')) resolve();
      });
      started.once('exit', () => reject(new Error(`Redis didn't start:\n${output}`)));
    });
  }

  async kill(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.folder.remove();
  }
}
