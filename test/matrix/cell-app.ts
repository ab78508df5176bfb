import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { CodeBlock } from '../support/readme.js';
import { run } from '../support/run.js';
import { type StartedApp, startApp } from '../support/start-app.js';
import { type Bundling, bundlingOf, takeAway } from './bundle.js';
import type { Cell } from './cells.js';
import { settingsOf } from './settings.js';
import { sourcesOf } from './sources.js';

/** Ms one step may take where the machine is busy. */
const LONGEST_STEP = 180_000;

interface Place {
  /** The app's folder, its packages installed. */
  readonly path: string;
  /** The Node that builds, tests and runs it. */
  readonly node: string;
  /** A folder that isn't there yet, and has no packages above it. */
  readonly away: string;
}

/** The app of a cell. */
export class CellApp {
  readonly #bundling: Bundling;

  constructor(
    private readonly cell: Cell,
    private readonly place: Place,
    private readonly docs: readonly CodeBlock[],
  ) {
    this.#bundling = bundlingOf(cell, docs);
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
    const { entry, program } = this.#bundling;
    await this.#run('node_modules/@nestjs/cli/bin/nest.js', 'build');
    if (program) await this.#run(program);
    if (this.#standsAlone) await takeAway(this.place.path, entry, this.place.away);
  }

  /** Runs the app's own tests; resolves with what they printed. */
  test(): Promise<string> {
    if (this.cell.tests === 'Vitest') return this.#run('node_modules/vitest/vitest.mjs', 'run');
    const jest = ['node_modules/jest/bin/jest.js', '--config', 'jest.config.json', '--runInBand'];
    // As Nest's own apps do: without the flag Jest loads CommonJS alone, and Nest 12 is ESM.
    const loadsEsm = this.cell.tests === 'Jest (ESM)' || this.cell.nest === 12;
    const flags = loadsEsm ? ['--experimental-vm-modules'] : [];
    return this.#run(...flags, ...jest);
  }

  start(env: NodeJS.ProcessEnv): Promise<StartedApp> {
    const { path, away, node } = this.place;
    const cwd = this.#standsAlone ? away : path;
    return startApp({ cwd, entry: this.#bundling.entry, env, node });
  }

  get #standsAlone(): boolean {
    return this.cell.bundle?.packages === 'inside';
  }

  async #run(...args: string[]): Promise<string> {
    const { path, node } = this.place;
    const PATH = [dirname(node), process.env.PATH].join(delimiter);
    return (await run(node, args, { cwd: path, env: { PATH }, timeout: LONGEST_STEP })).output;
  }
}
