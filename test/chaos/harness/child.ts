import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { Subject } from 'rxjs';
import { clockEnvironment } from './time.js';

/** What runs is always built: where a test runs the sources, the build lies elsewhere. */
const BUILT = import.meta.filename.endsWith('.ts')
  ? join(import.meta.dirname, '..', '..', '..', 'build', 'chaos', 'app')
  : join(import.meta.dirname, '..', 'app');
const LONGEST_OUTPUT = 20_000;

const alive = new Set<Child>();
process.on('exit', () => alive.forEach((child) => child.killAll()));

/**
 * A process of the app or of the sandbox, with all that it starts. It never outlives this one: it is
 * killed when we exit, and ends by itself when we are killed.
 */
export class Child {
  /** What it says over IPC. */
  readonly told$ = new Subject<unknown>();
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;
  #output = '';

  /** @param script name of a file in app/, or the path of another one */
  constructor(script: string, env: NodeJS.ProcessEnv) {
    this.#process = fork(resolve(BUILT, script), {
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...clockEnvironment(), ...env },
      execArgv: [],
      serialization: 'advanced',
      // A group of its own: workers that hang don't notice that the process above them has gone.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#gone = once(this.#process, 'close');
    alive.add(this);
    this.#process.on('message', (told) => this.told$.next(told));
    this.#process.once('close', () => {
      alive.delete(this);
      this.told$.complete();
    });
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-LONGEST_OUTPUT);
      });
    }
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  send(message: object): void {
    if (this.#process.connected) this.#process.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves with its exit code, or the signal that ended it, once all it said was heard. */
  async gone(): Promise<number | NodeJS.Signals> {
    await this.#gone;
    return this.#process.exitCode ?? this.#process.signalCode!;
  }

  /** Kills it, and all that it started, as nothing can be caught. */
  async kill(): Promise<void> {
    this.killAll();
    await this.#gone;
  }

  /** The same, without waiting for its end. */
  killAll(): void {
    // What has ended has given its id back: by now it may be another process's.
    if (!alive.has(this)) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // All of them are gone.
    }
  }
}
