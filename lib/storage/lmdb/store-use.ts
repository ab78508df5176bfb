import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../../conversion-feedback.errors.js';

/** How a mark's name begins: how far its process has come, or that it closed a store that is sick. */
type Stage = 'opening' | 'in-use' | 'sick';

const MARK = /^(opening|in-use|sick)-(\d+)-([^-]*)-?([^-]*)/;

/**
 * A process among all that live. Its pid alone doesn't name it: each container can have a pid 1, and
 * a process that starts anew can get the pid of the one before.
 */
interface ProcessName {
  readonly pid: number;
  /** Of pids; '0' where the system has but one, or doesn't tell. */
  readonly namespace: string;
  /** When it started, as the kernel counts; '0' where that isn't told. */
  readonly start: string;
}

/** A file in the store's folder, which stays there where its process is killed. */
interface Mark extends ProcessName {
  readonly name: string;
  readonly stage: Stage;
}

/**
 * The use that this process makes of a store, told to others by a mark in its folder.
 *
 *     created ── begin() ──> opening ── open(), within the gate ──> in use ── end() ──> no mark
 *                               └───────── something went wrong ───────┴── doubt() ──> sick
 *
 * Each mark that is left makes the next opening check the file, and goes once that check is over: unless
 * its process lives and uses the store.
 *
 * Promise: two processes with one pid, which different containers can have, never have the store open
 * at once. LMDB knows a reader by its pid, and would hold up the second one's event loop for 10 s. Who
 * opens the store has put its mark there before, within the gate: whoever comes later sees it, or
 * its check has seen the reader.
 */
export class StoreUse {
  readonly #us = thisProcess();
  /** Names of the marks that were there before the check. */
  readonly #known: ReadonlySet<string>;
  #mark?: string;

  constructor(private readonly folder: string) {
    this.#known = new Set(this.#marks().map(({ name }) => name));
  }

  /** Whether somebody had the store open before the check, or left it so. */
  get wasMarked(): boolean {
    return this.#known.size > 0;
  }

  /**
   * The file was checked, and is about to be opened.
   * @param readers pids of the processes that had it open, where another process has looked
   * @throws StorageError where one of them has our pid
   */
  begin(readers?: ReadonlySet<number>): void {
    const marks = this.#marks();
    const isOpenHere = marks.some((mark) => mark.stage === 'in-use' && this.#isOurs(mark));
    if (readers?.has(this.#us.pid) && !isOpenHere) throw this.#samePid();
    this.#put('opening');
    for (const mark of marks) {
      if (this.#known.has(mark.name) && this.#isOver(mark, readers)) this.#remove(mark.name);
    }
  }

  /**
   * The file is opened now. To be called within the gate.
   * @throws StorageError where a process with our pid has opened it since the check
   */
  open(): void {
    if (this.#marks().some((mark) => this.#isNewWithOurPid(mark))) throw this.#samePid();
    this.#put('in-use');
  }

  /** The store is closed in order, or wasn't opened. */
  end(): void {
    if (this.#mark) this.#remove(this.#mark);
    this.#mark = undefined;
  }

  /** The store is closed, and its file may be to blame for what went wrong. */
  doubt(): void {
    try {
      this.#put('sick');
    } catch {
      // The mark that is there makes the next opening check the file as well.
    }
  }

  #put(stage: Stage): void {
    const { pid, namespace, start } = this.#us;
    const name = `${stage}-${pid}-${namespace}-${start}-${randomUUID()}`;
    writeFileSync(join(this.folder, name), '', { mode: 0o600 });
    this.end();
    this.#mark = name;
  }

  #remove(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  #isOurs({ pid, namespace, start }: Mark): boolean {
    return pid === this.#us.pid && namespace === this.#us.namespace && start === this.#us.start;
  }

  #isNewWithOurPid({ name, stage, pid, namespace }: Mark): boolean {
    const isOther = pid === this.#us.pid && namespace !== this.#us.namespace;
    return isOther && stage === 'in-use' && !this.#known.has(name);
  }

  /** Whether nobody uses the store by this mark any more, as far as that can be known. */
  #isOver(mark: Mark, readers?: ReadonlySet<number>): boolean {
    const { stage, pid, namespace } = mark;
    if (stage === 'sick') return true;
    if (namespace !== this.#us.namespace) return readers?.has(pid) === false;
    return pid === this.#us.pid ? !this.#isOurs(mark) : !isAlive(pid);
  }

  #marks(): Mark[] {
    return readdirSync(this.folder).flatMap((name) => {
      const match = MARK.exec(name);
      if (!match) return [];
      const [, stage, pid, namespace, start] = match;
      return [{ name, stage: stage as Stage, pid: Number(pid), namespace, start }];
    });
  }

  #samePid(): StorageError {
    return new StorageError(
      `The store in ${JSON.stringify(this.folder)} can't be opened: a process of another container has it open and has the same pid, ${this.#us.pid}. Give these containers one pid namespace (\`pid\` of Docker, \`shareProcessNamespace\` of Kubernetes) or different pids, or use BullMQConversionStorage`,
    );
  }
}

function thisProcess(): ProcessName {
  const { pid } = process;
  try {
    const namespace = readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The fields are counted from behind the program's name, which may hold anything.
    return { pid, namespace, start: stat.slice(stat.lastIndexOf(')')).split(' ')[20] };
  } catch {
    return { pid, namespace: '0', start: '0' };
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
