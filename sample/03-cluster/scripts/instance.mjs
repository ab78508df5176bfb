import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const SAMPLE = join(import.meta.dirname, '..');
/** Ms until one that doesn't end is killed: longer than it takes for the requests in flight. */
const GRACE = 10_000;

/** A process of the sample. Its output is held back: a boot is long and dull. */
export class Instance {
  #output = '';
  #stopping = false;
  #process;
  #closed;

  /** @param onEnd hears why, where it ends and nobody asked for it */
  constructor(name, script, env, onEnd) {
    this.name = name;
    // A group of its own: Ctrl+C is for the script, which ends one after the other.
    this.#process = spawn(process.execPath, [script], {
      cwd: SAMPLE,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#closed = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => (this.#output += chunk));
    }
    this.#closed.then(([code, signal]) => {
      const how = signal ?? `exit code ${code}`;
      if (!this.#stopping) onEnd(`${name} ended (${how}).\n${this.#output}`);
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** Resolves with the match, once it has printed that; rejects where it ends before. */
  async printed(pattern) {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      const data = once(this.#process.stdout, 'data').then(() => true);
      const ended = this.#closed.then(() => false);
      if (!(await Promise.race([data, ended]))) throw new Error(`${this.name} ended.`);
    }
  }

  /** Shows what it prints from now on. */
  show() {
    for (const from of ['stdout', 'stderr']) this.#process[from].pipe(process[from]);
  }

  async stop() {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), GRACE);
    await this.#closed;
    clearTimeout(timer);
  }
}
