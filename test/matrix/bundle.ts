import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CodeBlock } from '../support/readme.js';
import type { Cell } from './cells.js';

/** What a bundle is, and the program that makes it where Nest's CLI doesn't. */
export interface Bundling {
  readonly entry: string;
  readonly program?: string;
  /** The settings as docs/compatibility.md prints them, file by file. */
  readonly settings: Record<string, string>;
}

/** How the app of a cell is bundled, by what the docs say of it. */
export function bundlingOf({ bundle, app }: Cell, docs: readonly CodeBlock[]): Bundling {
  if (bundle?.by === 'esbuild') {
    const program = app === 'ESM' ? 'esbuild.mjs' : 'esbuild.cjs';
    const code = block(docs, program);
    const settings = { [program]: bundle.packages === 'inside' ? code : withAllOutside(code) };
    return { entry: app === 'ESM' ? 'bundle/main.mjs' : 'bundle/main.cjs', program, settings };
  }
  const file = 'webpack.config.js';
  const inside = bundle?.packages === 'inside';
  return { entry: 'dist/main.js', settings: inside ? { [file]: block(docs, file) } : {} };
}

/** Takes a bundle to where there is no package but lmdb; returns its file. */
export async function takeAway(app: string, entry: string, away: string): Promise<string> {
  await mkdir(join(away, 'node_modules'), { recursive: true });
  await symlink(join(app, 'node_modules', 'lmdb'), join(away, 'node_modules', 'lmdb'));
  await cp(join(app, entry), join(away, entry));
  return entry;
}

function block(docs: readonly CodeBlock[], file: string): string {
  const found = docs.find(({ title }) => title === file);
  if (!found) throw new Error(`docs/compatibility.md has no block named ${file}.`);
  return found.code;
}

function withAllOutside(code: string): string {
  return code.replace(/external: \[[^\]]*\]/, "packages: 'external'");
}
