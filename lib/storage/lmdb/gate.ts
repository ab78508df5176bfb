import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../conversion-feedback.errors.js';
import { companions } from './companions.js';
import { identityOf } from './store-folder.js';

/** Folder of the gate, within the store's. */
export const GATE = 'gate';

/** What the keeper reads once the gate is closed. */
const CLOSED = -1;
/** Even, so that odd stays odd where the numbers begin anew. */
const NUMBERS = 2 ** 30;

/** Gates whose keepers waited for the lock when they were closed, by the gate's file. */
const leftWaiting = new Map<string, Gate>();

/**
 * Lets one process at a time open the store or commit to it.
 *
 * LMDB 3.5.6 lets processes commit while another one opens the file, and that isn't safe: the one
 * that opens sets a counter back that the next commit begins from, and a confirmed commit is
 * overwritten. Seen with lmdb alone: 7 lost in 363 kills and restarts of four writers, none in 565
 * with a gate.
 *
 * The gate is an LMDB file of its own that nothing is written to: all that counts is its write lock,
 * which passes on when its holder dies. A thread of its own, the keeper, opens it and waits for the
 * lock. lmdb opens a file with its write lock, on the thread that asks, so a process that is stopped
 * within would stop others that start; and on libuv's four threads gates could wait for each other.
 *
 *     away ── pass() ──> asked ── the keeper has the lock ──> within ── run() is over ──> away
 *
 * The keeper reads one number: odd while a pass is asked for or under way, even in between.
 */
export class Gate {
  readonly #passes = new Int32Array(new SharedArrayBuffer(4));
  readonly #keeper: Worker;
  #last: Promise<unknown> = Promise.resolve();
  #entered?: { resolve: () => void; reject: (error: unknown) => void };
  #fault?: StorageError;

  private constructor(private readonly path: string) {
    this.#keeper = new Worker(companions.gateKeeper, {
      name: 'conversion-feedback-gate',
      workerData: { path, passes: this.#passes },
      execArgv: [],
    });
    this.#keeper.unref();
    this.#keeper.on('message', (pass: number) => {
      if (pass === Atomics.load(this.#passes, 0)) this.#entered?.resolve();
    });
    this.#keeper.on('error', (error: unknown) => this.#broken(String(error)));
    this.#keeper.on('exit', () => this.#broken('its keeper has ended'));
  }

  static open(folder: string): Gate {
    const path = join(folder, GATE);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const file = identityOf(path) ?? path;
    const waiting = leftWaiting.get(file);
    leftWaiting.delete(file);
    return waiting ?? new Gate(path);
  }

  /** Whether nobody can pass any more. */
  get isBroken(): boolean {
    return this.#fault !== undefined;
  }

  /**
   * Runs something, from its call to its end the only one of all processes.
   * @throws StorageError where the gate is broken
   */
  pass<T>(run: () => T | Promise<T>): Promise<T> {
    const passed = this.#last.then(() => this.#pass(run));
    this.#last = passed.catch(() => {});
    return passed;
  }

  async #pass<T>(run: () => T | Promise<T>): Promise<T> {
    if (this.#fault) throw this.#fault;
    // Nothing else may keep the process alive, and somebody waits for what is written.
    this.#keeper.ref();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#entered = { resolve, reject };
        this.#nextPhase();
      });
      this.#entered = undefined;
      return await run();
    } finally {
      this.#nextPhase();
      this.#keeper.unref();
    }
  }
  /** A keeper that waits for the lock can't be ended: it is left for the next who opens the gate. */
  async close(): Promise<void> {
    if (this.#fault) return;
    if (this.#entered) {
      leftWaiting.set(identityOf(this.path) ?? this.path, this);
      return;
    }
    this.#keeper.ref();
    const ended = once(this.#keeper, 'exit');
    this.#tell(CLOSED);
    await ended;
  }

  #nextPhase(): void {
    this.#tell((Atomics.load(this.#passes, 0) + 1) % NUMBERS);
  }

  #tell(number: number): void {
    Atomics.store(this.#passes, 0, number);
    Atomics.notify(this.#passes, 0);
  }

  #broken(why: string): void {
    this.#fault ??= new StorageError(`The gate of the store is of no use any more: ${why}`);
    this.#entered?.reject(this.#fault);
  }
}
