import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What would make a child talk to somebody else, or listen somewhere else, than the test says. */
const OURS = /^(PLIVO_|PORT$|HOST$|SANDBOX_)/;
const ENVIRONMENT = Object.entries(process.env).filter(([name]) => !OURS.test(name));

/** A Node process of its own, with a fresh folder for its store. */
export class Child {
  #output = '';
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;

  private constructor(
    script: string,
    env: NodeJS.ProcessEnv,
    private readonly folder: Awaited<ReturnType<typeof tempFolder>>,
  ) {
    const store = { CONVERSION_FEEDBACK_PATH: join(folder.path, 'store') };
    this.#process = spawn(process.execPath, [join(ROOT, script)], {
      cwd: folder.path,
      env: { ...Object.fromEntries(ENVIRONMENT), ...store, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#process, 'close');
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
  }

  /** @param script path from the repository's top */
  static async start(script: string, env: NodeJS.ProcessEnv): Promise<Child> {
    return new Child(script, env, await tempFolder());
  }

  /** All it printed so far. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Resolves with what the pattern's groups match, once it has printed that. */
  async printed(pattern: RegExp): Promise<string[]> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match.slice(1);
      if (this.hasExited) throw new Error(`It ended without printing ${pattern}:\n${this.#output}`);
      await Promise.race([once(this.#process.stdout!, 'data'), this.#closed]);
    }
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals> {
    await this.#closed;
    return this.#process.exitCode ?? this.#process.signalCode!;
  }

  /** Ids of the processes that it started, as Linux knows them. */
  async children(): Promise<number[]> {
    const { pid } = this.#process;
    const ids = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return ids.trim().split(' ').map(Number);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it, and removes its folder. */
  async stop(): Promise<void> {
    if (!this.hasExited) this.signal('SIGTERM');
    await this.#closed;
    await this.folder.remove();
  }
}
