import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyPackage, install } from '../support/tarball.js';

/** The Nodes that apps run on: the first that the package takes of a line, and a late one. */
export const nodes = {
  '20.19': '20.19.0',
  '20': '20.20.2',
  '22.12': '22.12.0',
  '22': '22.23.3',
  '24': '24.21.0',
} as const;

export type NodeLine = keyof typeof nodes;

/** Installs a Node below a folder, where it isn't the one that runs this; returns its executable. */
export async function installNode(line: NodeLine, folder: string): Promise<string> {
  const version = nodes[line];
  if (process.versions.node === version) return process.execPath;
  // The package `node` would download it in an install script, which npm doesn't run unasked.
  const name = `node-${process.platform}-${process.arch}`;
  const home = join(folder, `node-${version}`);
  await mkdir(home);
  await emptyPackage(home);
  await install(home, [`${name}@${version}`]);
  return join(home, 'node_modules', name, 'bin', 'node');
}
