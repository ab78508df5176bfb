import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../support/run.js';
import { emptyPackage, install } from '../support/tarball.js';
import type { Cell } from './cells.js';
import { packagesOf } from './packages.js';

const NAME = 'nestjs-conversion-feedback';
const PNPM = 'pnpm@10.34.9';

/** Packages that are installed once for all apps that can share them. */
export interface Kit {
  /** A fresh folder for the app of a cell, with its packages. */
  folderOf(cell: Cell): Promise<string>;
}

/** What tells which cells share what is installed. */
function kitOf({ nest, packages, axiosModule }: Cell): string {
  return [`nest${nest}`, packages ?? 'npm', ...(axiosModule ? [`axios${axiosModule}`] : [])].join(
    '-',
  );
}

/** The cells by the kit they share. */
export function byKit(cells: readonly Cell[]): [string, Cell[]][] {
  const names = [...new Set(cells.map(kitOf))];
  return names.map((name) => [name, cells.filter((cell) => kitOf(cell) === name)]);
}

/** Installs what these cells need, which share a kit, in a fresh folder. */
export async function installKit(
  folder: string,
  cells: readonly Cell[],
  tarball: string,
): Promise<Kit> {
  await mkdir(folder);
  return cells[0].packages === 'pnpm'
    ? pnpmWorkspace(folder, cells, tarball)
    : npmFolder(folder, cells, tarball);
}

/** Each app has the same packages under its name. */
async function npmFolder(folder: string, cells: readonly Cell[], tarball: string): Promise<Kit> {
  await emptyPackage(folder);
  await install(folder, [tarball, ...new Set(cells.flatMap(packagesOf))]);
  return {
    async folderOf(cell) {
      const app = join(folder, 'apps', `app${cells.indexOf(cell)}`);
      await mkdir(app, { recursive: true });
      await symlink(join(folder, 'node_modules'), join(app, 'node_modules'));
      await writeManifest(app, cell);
      return app;
    },
  };
}

/** A workspace with an app for each cell. */
async function pnpmWorkspace(
  folder: string,
  cells: readonly Cell[],
  tarball: string,
): Promise<Kit> {
  const appOf = (cell: Cell): string => join(folder, 'apps', `app${cells.indexOf(cell)}`);
  await writeFile(join(folder, 'pnpm-workspace.yaml'), 'packages:\n  - apps/*\n');
  await emptyPackage(folder);
  for (const cell of cells) {
    await mkdir(appOf(cell), { recursive: true });
    await writeManifest(appOf(cell), cell, { [NAME]: `file:${tarball}` });
  }
  await pnpm(folder, 'install');
  return { folderOf: (cell) => Promise.resolve(appOf(cell)) };
}

/** Runs pnpm in a folder. */
export async function pnpm(folder: string, ...args: string[]): Promise<void> {
  const fast = [
    '--prefer-offline',
    '--reporter=append-only',
    '--store-dir',
    join(folder, '.store'),
  ];
  await run('npx', ['--yes', PNPM, ...args, ...fast], { cwd: folder, timeout: 300_000 });
}

async function writeManifest(
  app: string,
  cell: Cell,
  more: Record<string, string> = {},
): Promise<void> {
  const manifest = {
    name: basename(app),
    private: true,
    ...(cell.app === 'ESM' ? { type: 'module' } : {}),
    dependencies: { ...Object.fromEntries(packagesOf(cell).map(versioned)), ...more },
  };
  await writeFile(join(app, 'package.json'), JSON.stringify(manifest, null, 2));
}

function versioned(spec: string): [string, string] {
  const [, name, version = '*'] = /^(@?[^@]+)(?:@(.+))?$/.exec(spec)!;
  return [name, version];
}
