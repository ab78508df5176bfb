import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import type { AppPackages } from './app-packages.js';

/** An app's files, whose style they keep. */
export class AppFiles {
  constructor(
    private readonly tree: Tree,
    private readonly packages: AppPackages,
  ) {}

  has(path: string): boolean {
    return this.tree.exists(path);
  }

  /** Paths of the TypeScript files in a folder and below it, but for packages and builds. */
  typescriptBelow(folder: string): string[] {
    const { subfiles, subdirs } = this.tree.getDir(folder);
    const files = subfiles.filter((name) => /(?<!\.d)\.ts$/.test(name));
    const folders = subdirs.filter((name) => !/^(node_modules|dist|\..*)$/.test(name));
    return [
      ...files.map((name) => posix.join(folder, name)),
      ...folders.flatMap((name) => this.typescriptBelow(posix.join(folder, name))),
    ];
  }

  /** Its text, with \n at each line's end; '' where it doesn't exist. */
  read(path: string): string {
    return this.has(path) ? this.tree.readText(path).replaceAll('\r\n', '\n') : '';
  }

  /** Writes a file with the line ends it had, and formats it where it was formatted before. */
  async write(path: string, text: string): Promise<void> {
    const before = this.read(path);
    if (text === before) return;
    if (!this.has(path)) return this.tree.create(path, text);
    const hasCrLf = this.tree.readText(path).includes('\r\n');
    const formatted = await this.#format(path, before, text);
    this.tree.overwrite(path, hasCrLf ? formatted.replaceAll('\n', '\r\n') : formatted);
  }

  async #format(path: string, before: string, text: string): Promise<string> {
    const { prettier } = this.packages;
    if (prettier === undefined || !path.endsWith('.ts')) return text;
    const filepath = this.packages.locate(path);
    const config = await prettier.resolveConfig(filepath, { editorconfig: true });
    const options = { ...config, filepath, endOfLine: 'lf' } as const;
    const wasFormatted = await prettier.check(before, options);
    return wasFormatted ? prettier.format(text, options) : text;
  }
}
