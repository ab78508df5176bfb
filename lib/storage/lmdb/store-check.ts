import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../conversion-feedback.errors.js';
import { companions } from './companions.js';
import { GATE } from './gate.js';
import { openOptions } from './open-options.js';
import { DATA_FILE, isMarkedOpen } from './store-folder.js';

/** How long the check may take once it has begun, in ms: what takes longer waits for a held lock. */
const LONGEST_CHECK = 3_000;
/** How long a process may take to start, in ms, where the machine is busy. */
const LONGEST_START = 30_000;
/** A disk with less room than this, in bytes, is full: a crash says nothing about the file then. */
const ROOM = 1_048_576;
/** LMDB's words for a file that isn't one of its own, or is broken. */
const BROKEN = new Set([-30_797, -30_796, -30_795, -30_794, -30_793]);
/** How a process ends that reads a broken file. */
const CRASHES = new Set<NodeJS.Signals | null>(['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL']);

/** What check-store.mjs said, and how it ended. */
interface Check {
  /** Whether it could open the gate. */
  readonly passedGate: boolean;
  readonly said?: { readonly sound?: true; readonly code?: number; readonly message?: string };
  readonly signal: NodeJS.Signals | null;
}

/**
 * Makes sure that a store can be opened without harm to this process. One that was closed in order
 * and looks like LMDB's own is taken to be sound; any other is opened by a process of its own first.
 *
 * @returns why the file is of no use, or undefined where nothing is wrong with it
 * @throws StorageError where it can't be told now: the disk is full, or the write lock is held
 */
export async function whyDamaged(
  folder: string,
  tables: readonly string[],
): Promise<string | undefined> {
  const files = [join(folder, DATA_FILE), join(folder, GATE, DATA_FILE)].filter(existsSync);
  // LMDB maps its lock file: where that has no room the process would end.
  if (files.length < 2 && (await isFull(folder))) throw full();
  if (files.length === 0) return undefined;
  const looked = await Promise.all(files.map(looksSound));
  if (!isMarkedOpen(folder) && looked.every(Boolean)) return undefined;
  const check = await tryInAnotherProcess(folder, tables);
  if (check.passedGate || check.said?.sound || !(await isDamage(check, folder)))
    return damageIn(check, folder);
  // Nothing is in the gate but its lock.
  rmSync(join(folder, GATE), { recursive: true, force: true });
  return damageIn(await tryInAnotherProcess(folder, tables), folder);
}

/** Returns what is wrong with the file, or throws where something else is. */
async function damageIn(check: Check, folder: string): Promise<string | undefined> {
  const { said, signal } = check;
  if (said?.sound) return undefined;
  if (await isDamage(check, folder))
    return said?.message ?? `it ended the process that read it, by ${signal}`;
  if (said) throw new StorageError(`The store can't be opened: ${said.message}`);
  throw new StorageError(
    "The store can't be opened: another process holds its write lock, or all memory is in use",
  );
}

async function isDamage({ said, signal }: Check, folder: string): Promise<boolean> {
  if (said) return said.code !== undefined && BROKEN.has(said.code);
  if (!CRASHES.has(signal)) return false;
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

function tryInAnotherProcess(folder: string, tables: readonly string[]): Promise<Check> {
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
    child.once('error', () => resolve({ passedGate: true, said: { sound: true }, signal: null }));
    child.once('close', (_, signal) => {
      clearTimeout(timer);
      const lines = output.split('\n');
      const passedGate = lines.includes('at the gate');
      resolve({ passedGate, said: parse(lines.at(-1)!), signal });
    });
  });
}

function parse(output: string): Check['said'] {
  try {
    return JSON.parse(output) as Check['said'];
  } catch {
    return undefined;
  }
}
