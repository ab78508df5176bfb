import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { CodeBlock } from '../support/readme.js';
import { run } from '../support/run.js';
import { type StartedApp, startApp } from '../support/start-app.js';
import { type Bundling, bundlingOf } from './bundle.js';
import type { Cell } from './cells.js';
import { settingsOf } from './settings.js';
import { sourcesOf } from './sources.js';

/** Ms one step may take where the machine is busy. */
const LONGEST_STEP = 180_000;

interface Place {
  /** The app's folder, its packages installed. */
  readonly path: string;
  /** The Node that builds it. */
  readonly builder: string;
  /** The Node that tests and runs it. */
  readonly node: string;
}

/** The app of a cell. */
export class CellApp {
  readonly #bundling: Bundling;

  constructor(
    private readonly cell: Cell,
    private readonly place: Place,
    private readonly docs: readonly CodeBlock[],
    { inside }: { readonly inside?: boolean } = {},
  ) {
    this.#bundling = bundlingOf(cell, docs, inside);
  }

  async write(): Promise<void> {
    const { cell, docs } = this;
    const files = { ...sourcesOf(cell, docs), ...settingsOf(cell), ...this.#bundling.settings };
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.place.path, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }

  async build(): Promise<void> {
    const { builder } = this.place;
    const { program } = this.#bundling;
    await this.#run(builder, ['node_modules/@nestjs/cli/bin/nest.js', 'build']);
    if (program) await this.#run(builder, [program]);
  }

  /** Runs the app's own tests; resolves with what they printed. */
  test(env: NodeJS.ProcessEnv): Promise<string> {
    const { node } = this.place;
    const { tests, nest } = this.cell;
    if (tests === 'Vitest') return this.#run(node, ['node_modules/vitest/vitest.mjs', 'run'], env);
    const jest = ['node_modules/jest/bin/jest.js', '--config', 'jest.config.json', '--runInBand'];
    // As Nest's own apps do: without the flag Jest loads CommonJS alone, and Nest 12 is ESM.
    const loadsEsm = tests === 'Jest (ESM)' || nest === 12;
    return this.#run(node, [...(loadsEsm ? ['--experimental-vm-modules'] : []), ...jest], env);
  }

  start(env: NodeJS.ProcessEnv): Promise<StartedApp> {
    const { path, node } = this.place;
    return startApp({ cwd: path, entry: this.#bundling.entry, env, node });
  }

  async #run(node: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const PATH = [dirname(node), process.env.PATH].join(delimiter);
    const options = { cwd: this.place.path, env: { ...env, PATH }, timeout: LONGEST_STEP };
    return (await run(node, args, options)).output;
  }
}
