import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../conversion-feedback.errors.js';
import { companions } from './companions.js';
import { openOptions } from './open-options.js';
import { atExit } from './process-exit.js';
import { LOCK_FILE, identityOf } from './store-folder.js';

/** Folder of the gate, within the store's. */
export const GATE = 'gate';

/** What the keeper reads once the gate is closed. */
const CLOSED = -1;
/** Even, so that odd stays odd where the numbers begin anew. */
const NUMBERS = 2 ** 30;
/** What stands where in the memory that is shared with the keeper. */
const PASS = 0;
const GONE = 1;
/** How long the end of the process waits for the keeper to leave, in ms. */
const LONGEST_FAREWELL = 200;

/** Gates that were closed while they were in use, by path. */
const leftInUse = new Map<string, Gate>();

/**
 * Lets one process at a time open the store or commit to it.
 *
 * LMDB 3.5.6 lets processes commit while another one opens the file, and that isn't safe: the one
 * that opens sets a counter back that the next commit begins from, and a confirmed commit is
 * overwritten. Seen with lmdb alone: 7 lost in 363 kills and restarts of four writers, none in 565
 * with a gate.
 *
 * The gate is an LMDB file of its own that nothing is written to: all that counts is its write lock,
 * which passes on when its holder dies. The store's own lock is taken by nobody outside of the gate. A thread of its own, the keeper, opens it and waits for the
 * lock. lmdb opens a file with its write lock, on the thread that asks, so a process that is stopped
 * within would stop others that start; and on libuv's four threads gates could wait for each other.
 *
 *     away ── pass() ──> asked ── the keeper has the lock ──> within ── run() is over ──> away
 *
 * The keeper reads one number: odd while a pass is asked for or under way, even in between.
 */
export class Gate {
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #keeper: Worker;
  readonly #ended: Promise<void>;
  readonly #forgetExit: () => void;
  #identity: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #passes = 0;
  #entered?: { resolve: () => void; reject: (error: unknown) => void };
  #fault?: StorageError;

  /** Resolves once the keeper runs; it may have to wait for the lock then. */
  readonly isUp: Promise<void>;

  private constructor(private readonly path: string) {
    this.#identity = identityOf(path, LOCK_FILE);
    this.#keeper = new Worker(companions.gateKeeper, {
      name: 'conversion-feedback-gate',
      workerData: { path, openOptions, shared: this.#shared },
      execArgv: [],
      // What the app has loaded into each of its threads is not for this one.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.isUp = once(this.#keeper, 'online').then(() => this.#mayEnd());
    this.isUp.catch(() => {});
    this.#ended = new Promise((resolve) => this.#keeper.once('exit', () => resolve()));
    this.#keeper.on('message', (pass: number | 'open') => {
      if (pass === 'open') this.#identity = identityOf(this.path, LOCK_FILE);
      else if (pass === Atomics.load(this.#shared, PASS)) this.#entered?.resolve();
    });
    this.#keeper.on('error', (error: unknown) => this.#broken(String(error)));
    this.#keeper.on('exit', () => this.#broken('its keeper has ended'));
    this.#forgetExit = atExit(() => this.#farewell());
  }

  static open(folder: string): Gate {
    const path = join(folder, GATE);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const left = leftInUse.get(path);
    leftInUse.delete(path);
    return left && left.#identity === identityOf(path, LOCK_FILE) ? left : new Gate(path);
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
    this.#passes += 1;
    // Nothing else may keep the process alive, and somebody waits for what is written.
    this.#keeper.ref();
    const passed = this.#last
      .then(() => this.#pass(run))
      .finally(() => {
        this.#passes -= 1;
        this.#mayEnd();
      });
    this.#last = passed.catch(() => {});
    return passed;
  }

  async #pass<T>(run: () => T | Promise<T>): Promise<T> {
    if (this.#fault) throw this.#fault;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#entered = { resolve, reject };
        this.#nextPhase();
      });
      this.#entered = undefined;
      return await run();
    } finally {
      this.#nextPhase();
    }
  }

  /**
   * Ends the keeper. One that waits for the lock can't be ended yet: until then it is left for the next
   * who opens the gate, and keeps no process alive.
   */
  async close(): Promise<void> {
    if (this.#passes > 0) {
      this.#keeper.unref();
      leftInUse.set(this.path, this);
      return;
    }
    this.#forgetExit();
    this.#keeper.ref();
    this.#tell(CLOSED);
    await this.#ended;
  }

  /** The keeper alone keeps no process alive, and one that nobody needs any more ends. */
  #mayEnd(): void {
    if (this.#passes > 0) return;
    this.#keeper.unref();
    if (leftInUse.get(this.path) !== this) return;
    leftInUse.delete(this.path);
    void this.close();
  }

  #nextPhase(): void {
    this.#tell((Atomics.load(this.#shared, PASS) + 1) % NUMBERS);
  }

  #tell(number: number): void {
    if (Atomics.load(this.#shared, PASS) === CLOSED) return;
    Atomics.store(this.#shared, PASS, number);
    Atomics.notify(this.#shared, PASS);
  }

  #broken(why: string): void {
    this.#fault ??= new StorageError(`The gate of the store is of no use any more: ${why}`);
    this.#entered?.reject(this.#fault);
  }

  /** Node waits for its threads at its end, and lmdb for whoever holds a lock: this one lets go. */
  #farewell(): boolean {
    const isIdle = this.#passes === 0;
    this.#tell(CLOSED);
    return Atomics.wait(this.#shared, GONE, 0, LONGEST_FAREWELL) !== 'timed-out' && isIdle;
  }
}
