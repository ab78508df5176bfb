import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The package as users get it. */
export interface Tarball {
  readonly path: string;
  readonly files: readonly string[];
  /** Bytes of the tarball. */
  readonly size: number;
}

interface PackAnswer {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs what `npm run build` left in dist. */
export async function pack(folder: string): Promise<Tarball> {
  // Without its scripts: prepack would build dist anew under the specs that run beside this one.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: ROOT });
  const [{ filename, size, files }] = Object.values(
    JSON.parse(stdout) as Record<string, PackAnswer>,
  );
  return { path: join(folder, filename), size, files: files.map(({ path }) => path) };
}

/** Installs packages in a folder, as a user does; npm adds the peers that aren't optional. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  const fast = ['--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...fast, ...packages], { cwd: folder, timeout: 300_000 });
}

/** Makes a folder an empty package of its own. */
export async function emptyPackage(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
}
