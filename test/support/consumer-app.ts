import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CodeBlock } from './readme.js';
import { run } from './run.js';
import { type StartedApp, startApp } from './start-app.js';
import { ROOT, install } from './tarball.js';

/** How each major of Nest makes a new app. */
const CLI = {
  12: [process.execPath, join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js')],
  // Not a devDependency: it would put its own `nest` in the place of 12's.
  11: ['npm', 'exec', '--yes', '--package=@nestjs/cli@11.0.24', '--', 'nest'],
} as const;

export type NestMajor = keyof typeof CLI;

/** An app as Nest's own CLI makes it, outside of the repository. */
export class ConsumerApp {
  private constructor(
    readonly path: string,
    readonly nest: NestMajor,
  ) {}

  /** Makes the app in a folder; nothing is installed. */
  static async generate(nest: NestMajor, folder: string): Promise<ConsumerApp> {
    const [program, ...args] = CLI[nest];
    const fresh = ['new', 'app', '--skip-git', '--skip-install', '--package-manager', 'npm'];
    await run(program, [...args, ...fresh], { cwd: folder, timeout: 120_000 });
    return new ConsumerApp(join(folder, 'app'), nest);
  }

  /** Makes the same app once more, in another folder. */
  async copyTo(folder: string): Promise<ConsumerApp> {
    const path = join(folder, 'app');
    await cp(this.path, path, { recursive: true });
    return new ConsumerApp(path, this.nest);
  }

  install(packages: readonly string[]): Promise<void> {
    return install(this.path, packages);
  }

  /** Writes the titled blocks to the files they name. */
  async paste(blocks: readonly CodeBlock[]): Promise<void> {
    for (const { title, code } of blocks) {
      if (title !== undefined) await this.write(title, this.nest === 11 ? withoutJs(code) : code);
    }
  }

  async write(path: string, content: string): Promise<void> {
    const file = join(this.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.path, path), 'utf8');
  }

  /** Runs the Nest CLI that the app has; resolves with what it printed. */
  async cli(...args: string[]): Promise<string> {
    const nest = join(this.path, 'node_modules/.bin/nest');
    const { output } = await run(nest, args, { cwd: this.path, timeout: 120_000 });
    return output;
  }

  /** Runs one of the app's scripts; resolves with what it printed. */
  async script(name: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const { output } = await run('npm', ['run', name, '--', ...args], { cwd: this.path, env });
    return output;
  }

  /** Evaluates an ES module in the app's folder, in bare Node; resolves with what it printed. */
  async evaluate(code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const args = ['--input-type=module', '--eval', code];
    const { stdout } = await run(process.execPath, args, { cwd: this.path, env, timeout: 30_000 });
    return stdout;
  }

  /** Starts what the build left in dist. */
  start(env: NodeJS.ProcessEnv): Promise<StartedApp> {
    return startApp({ cwd: this.path, entry: 'dist/main', env });
  }
}

/** The Jest of a Nest 11 app finds no ./x.js where there is an x.ts: such an app imports ./x. */
export function withoutJs(code: string): string {
  return code.replaceAll(/(from '\.{1,2}\/[^']+)\.js'/g, "$1'");
}
