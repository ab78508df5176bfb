import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidOptionsError, StorageError } from '../../conversion-feedback.errors.js';

/** The file that holds all, as LMDB names it. */
export const DATA_FILE = 'data.mdb';
/** Readers and the write lock: of no meaning once nobody has the store open. */
export const LOCK_FILE = 'lock.mdb';
/** `statfs` types of file systems that end with the container, or that LMDB can't trust. */
const FORGETFUL = new Map([
  [0x794c7630, "a container's overlay, which is thrown away with it"],
  [0x01021994, 'tmpfs, which is memory'],
  [0x6969, 'a network file system, on which locks and memory maps are not safe'],
  [0xff534d42, 'a network file system, on which locks and memory maps are not safe'],
  [0xfe534d42, 'a network file system, on which locks and memory maps are not safe'],
]);

/** What a disk says that is full or sick: it may say otherwise later. */
const DISK_FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ESTALE']);

/**
 * Makes sure that the folder is there, and that nobody but its owner gets in.
 * @throws InvalidOptionsError where it can't be made or written
 * @throws StorageError where the disk is full or sick
 */
export function prepareFolder(path: string): string {
  const folder = resolve(path);
  try {
    if (existsSync(folder)) {
      if (!statSync(folder).isDirectory()) throw new Error('it is a file, not a folder');
    } else {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
  return folder;
}

/**
 * LMDB makes its files readable for the group: what stands in them is nobody's business. Files of
 * another user, who shares the folder on purpose, stay as they are.
 */
export function closeToOthers(folder: string): void {
  const own = process.getuid?.();
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (name.endsWith('.mdb') && statSync(file).uid === (own ?? 0)) chmodSync(file, 0o600);
  }
}

/** Whether others than the folder's owner may put a file of theirs in the place of ours. */
export function isWritableByOthers(folder: string): boolean {
  return process.platform !== 'win32' && (statSync(folder).mode & 0o022) !== 0;
}

/** Names a file of a store, or of its gate; another one in its place has another name. */
export function identityOf(folder: string, file = DATA_FILE): string | undefined {
  try {
    const { dev, ino } = statSync(join(folder, file));
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Puts a file that is of no use out of the way. It isn't deleted: somebody may still read something
 * from it. To be called within the gate, where nobody else opens, replaces or writes the file.
 * @returns where it is now
 */
export function moveAside(folder: string, now: number): string {
  const aside = join(
    folder,
    `${DATA_FILE}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`,
  );
  renameSync(join(folder, DATA_FILE), aside);
  rmSync(join(folder, LOCK_FILE), { force: true });
  return aside;
}

/** Why the folder may not last, or undefined where nothing speaks against it. */
export async function whyForgetful(folder: string): Promise<string | undefined> {
  const { type } = await statfs(folder);
  return FORGETFUL.get(type);
}

function unwritable(path: string, error: unknown): InvalidOptionsError | StorageError {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = `\`storage.path\` ${JSON.stringify(path)} can't be written (${code ?? message})`;
  if (code && DISK_FAULTS.has(code)) return new StorageError(what, { cause: error });
  return new InvalidOptionsError([
    {
      field: 'storage.path',
      message: `${what}, it must be a folder that this process may create and write`,
    },
  ]);
}
