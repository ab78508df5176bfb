import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidOptionsError } from '../../conversion-feedback.errors.js';

/** `statfs` types of file systems that end with the container, or that LMDB can't trust. */
const FORGETFUL = new Map([
  [0x794c7630, "a container's overlay, which is thrown away with it"],
  [0x01021994, 'tmpfs, which is memory'],
  [0x6969, 'a network file system, on which locks and memory maps are not safe'],
  [0xff534d42, 'a network file system, on which locks and memory maps are not safe'],
  [0xfe534d42, 'a network file system, on which locks and memory maps are not safe'],
]);

/**
 * Makes sure that the folder is there, and that nobody but its owner gets in.
 * @throws InvalidOptionsError where it can't be made or written
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

/** LMDB makes its files readable for the group: what stands in them is nobody's business. */
export function closeToOthers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.mdb')) chmodSync(join(folder, name), 0o600);
  }
}

/** Why the folder may not last, or undefined where nothing speaks against it. */
export async function whyForgetful(folder: string): Promise<string | undefined> {
  const { type } = await statfs(folder);
  return FORGETFUL.get(type);
}

function unwritable(path: string, error: unknown): InvalidOptionsError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new InvalidOptionsError([
    {
      field: 'storage.path',
      message: `\`storage.path\` ${JSON.stringify(path)} can't be written (${code ?? message}), it must be a folder that this process may create and write`,
    },
  ]);
}
