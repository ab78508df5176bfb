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

/** The executables of these Nodes, each installed below a folder where it is first asked for. */
export class Nodes {
  readonly #installed = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  executable(line: NodeLine): Promise<string> {
    const version = nodes[line];
    if (process.versions.node === version) return Promise.resolve(process.execPath);
    const executable = this.#installed.get(version) ?? this.#install(version);
    this.#installed.set(version, executable);
    return executable;
  }

  async #install(version: string): Promise<string> {
    // The package `node` would fetch it in an install script, which npm doesn't run unasked.
    const name = `node-${process.platform}-${process.arch}`;
    const home = join(this.folder, `node-${version}`);
    await mkdir(home);
    await emptyPackage(home);
    await install(home, [`${name}@${version}`]);
    return join(home, 'node_modules', name, 'bin', 'node');
  }
}
