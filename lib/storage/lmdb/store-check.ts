import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../conversion-feedback.errors.js';
import { companions } from './companions.js';
import { GATE } from './gate.js';
import { openOptions } from './open-options.js';
import { DATA_FILE, identityOf } from './store-folder.js';

/** How long the check may take once it has begun, in ms: what takes longer waits for a held lock. */
const LONGEST_CHECK = 3_000;
/** How long a process may take to start, in ms, where the machine is busy. */
const LONGEST_START = 30_000;
/** A disk with less room than this, in bytes, is full: a crash says nothing about the file then. */
const ROOM = 1_048_576;
/**
 * LMDB's words for a file that isn't one of its own, or is broken. Not MDB_VERSION_MISMATCH: another
 * version of LMDB wrote it, or has it open.
 */
const BROKEN = new Set([-30_797, -30_796, -30_795, -30_793]);
/** How a process ends that reads a broken file. */
const CRASHES = new Set<NodeJS.Signals | null>(['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL']);

/** What check-store.mjs said, and how it ended. */
interface Trial {
  /** The file that it read, or was about to read; undefined where it didn't get so far. */
  readonly reading?: 'gate' | 'store';
  readonly said?: {
    readonly sound?: true;
    readonly readers?: readonly number[];
    readonly code?: number;
    readonly message?: string;
  };
  readonly signal: NodeJS.Signals | null;
}

/** What is known of a store before it is opened. */
export interface StoreCheck {
  /** Why the file is of no use; undefined where nothing is wrong with it. */
  readonly damage?: string;
  /** Pids of those who have it open; undefined where nobody looked, or could. */
  readonly readers?: ReadonlySet<number>;
}

/**
 * Makes sure that a store can be opened without harm to this process. One that was closed in order
 * and looks like LMDB's own is taken to be sound; any other is opened by a process of its own first.
 *
 * @param wasMarked whether somebody has it open, or didn't close it
 * @throws StorageError where it can't be told now: the disk is full, the write lock is held, or no
 * process can be started
 */
export async function checkStore(
  folder: string,
  tables: readonly string[],
  wasMarked: boolean,
): Promise<StoreCheck> {
  const gate = join(folder, GATE);
  const files = [folder, gate].map((path) => join(path, DATA_FILE)).filter(existsSync);
  // LMDB maps its lock file: where that has no room the process would end.
  if (files.length < 2 && (await isFull(folder))) throw full();
  const looked = await Promise.all(files.map(looksSound));
  if (!wasMarked && looked.every(Boolean)) return {};
  const gateFile = identityOf(gate);
  const trial = await tryInAnotherProcess(folder, tables);
  if (trial.reading !== 'gate' || !(await isDamage(trial, folder))) return found(trial, folder);
  // Nothing is in it. The lock that counts is in a file beside it, which stays: others may hold it.
  if (identityOf(gate) === gateFile) rmSync(join(gate, DATA_FILE), { force: true });
  return found(await tryInAnotherProcess(folder, tables), folder);
}

/** Returns what is wrong with the file, or throws where something else is. */
async function found(trial: Trial, folder: string): Promise<StoreCheck> {
  const { reading, said, signal } = trial;
  if (said?.sound) return { readers: said.readers && new Set(said.readers) };
  if (reading === 'store' && (await isDamage(trial, folder)))
    return { damage: said?.message ?? `it ended the process that read it, by ${signal}` };
  throw new StorageError(`The store can't be opened: ${said?.message ?? whySilent(trial)}`);
}

function whySilent({ reading, signal }: Trial): string {
  if (!reading)
    return "the process that checks it first doesn't start, a limit of processes, threads or memory may be reached";
  if (CRASHES.has(signal))
    return `its gate ended the process that read it, by ${signal}; a process with another version of LMDB may have it open`;
  return 'another process holds its write lock, or all memory is in use';
}

/** A crash says something about the file that was read, and nothing where none was read yet. */
async function isDamage({ reading, said, signal }: Trial, folder: string): Promise<boolean> {
  if (said) return said.code !== undefined && BROKEN.has(said.code);
  if (!reading || !CRASHES.has(signal)) return false;
  if (await isFull(folder)) throw full();
  return true;
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < ROOM;
}

function full(): StorageError {
  return new StorageError("The store can't be opened: its disk is full");
}

/** Whether both of LMDB's first pages are there, and all the pages that they speak of. */
async function looksSound(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const first = await readMeta(file, 0);
    const second = await readMeta(file, first.pageSize);
    const pages = Math.max(first.lastPage, second.lastPage) + 1;
    return first.magic && second.magic && size >= pages * first.pageSize;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/** The fields of a meta page, as LMDB's `MDB_meta` lays them out. */
async function readMeta(file: Awaited<ReturnType<typeof open>>, position: number) {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(152), 0, 152, position);
  if (bytesRead < 152) throw new RangeError('the file ends too early');
  return {
    magic: buffer.readUInt32LE(24) === 0xbeefc0de,
    pageSize: buffer.readUInt32LE(48),
    lastPage: Number(buffer.readBigUInt64LE(144)),
  };
}

function tryInAnotherProcess(folder: string, tables: readonly string[]): Promise<Trial> {
  const options = JSON.stringify(openOptions);
  const args = [companions.checkStore, folder, join(folder, GATE), options, ...tables];
  const child = spawn(process.execPath, args, {
    // The app's own flags (a debugger's port, hooks that load something) are not for this one.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_START);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (output === '') {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_CHECK);
    }
    output += chunk;
  });
  return new Promise((resolve) => {
    // A machine that starts no process may open the store all the same.
    child.once('error', () => resolve({ said: { sound: true }, signal: null }));
    child.once('close', (_, signal) => {
      clearTimeout(timer);
      resolve({ ...heard(output), signal });
    });
  });
}

function heard(output: string): Omit<Trial, 'signal'> {
  // The last line is empty, or wasn't written to its end.
  const lines = output.split('\n').slice(0, -1);
  const reading = (['store', 'gate'] as const).find((file) => lines.includes(file));
  const said = lines.find((line) => line.startsWith('{')) ?? 'null';
  return { reading, said: (JSON.parse(said) as Trial['said'] | null) ?? undefined };
}
