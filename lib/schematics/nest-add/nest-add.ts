import { posix } from 'node:path';
import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { AppFiles } from './app-files.js';
import { AppPackages, type Manifest } from './app-packages.js';
import { sourcesOf } from './app-sources.js';
import { BootstrapFile } from './bootstrap-file.js';
import { SANDBOX_PORT, namesAccount, withSandbox } from './env-file.js';
import { ENV_READER, ENV_READER_TEXT, isEnvReader, withEnvReader } from './env-reader.js';
import { withPrivateFiles } from './git-ignore.js';
import type { NestAddOptions } from './nest-add.options.js';
import { missingPeers, withDependencies } from './peers.js';
import { BY_HAND, importsOurModule, withOurModule } from './root-module.js';

const PACKAGE = 'nestjs-conversion-feedback';

const NEXT = `
Next, in two terminals:
  npx ${PACKAGE} sandbox --port ${SANDBOX_PORT}
  npm run start:dev
Then put @TrackConversion() on the handler that verifies a code.`;

/**
 * Imports our module in an app of Nest 11 or 12, and points it at the sandbox. What the app has
 * already stays as it is, so that a second run changes nothing.
 */
export function nestAdd(options: NestAddOptions): Rule {
  return async (tree, context) => {
    const addition = new Addition(tree, context, options);
    await addition.toModules();
    await addition.toBootstrapFile();
    await addition.toEnvFiles();
    await addition.toGitIgnore();
    await addition.toPackageJson();
    context.logger.info(NEXT);
  };
}

/** What is added to one app. */
class Addition {
  readonly #packages = new AppPackages(process.cwd());
  readonly #files: AppFiles;
  readonly #manifest: Manifest;
  readonly #bootstrapPath: string;

  constructor(
    tree: Tree,
    private readonly context: SchematicContext,
    private readonly options: NestAddOptions,
  ) {
    this.#files = new AppFiles(tree, this.#packages);
    this.#manifest = JSON.parse(this.#files.read('package.json')) as Manifest;
    this.#bootstrapPath = posix.join(options.sourceRoot, 'main.ts');
  }

  async toModules(): Promise<void> {
    const importing = this.#importingOurs();
    if (importing !== undefined) {
      this.#say(
        `${importing} imports ConversionFeedbackModule already: the modules stay as they are.`,
      );
      return;
    }
    const path = this.#rootModulePath();
    const { typescript, nestSchematics } = this.#packages;
    const changed = withOurModule(typescript, nestSchematics, this.#files.read(path));
    if (changed === undefined) {
      throw new Error(`${path} has no @Module() with a list of imports. ${BY_HAND}`);
    }
    await this.#files.write(path, await this.#withEnvReader(path, changed));
    this.#say(`${path} imports ConversionFeedbackModule.`);
  }

  async toBootstrapFile(): Promise<void> {
    const path = this.#bootstrapPath;
    const changed = this.#bootstrap.withShutdownHooks();
    if (changed !== undefined) return this.#files.write(path, changed);
    this.context.logger.warn(
      `${path} keeps no app in a variable: call its enableShutdownHooks(['SIGTERM', 'SIGINT']).`,
    );
  }

  /** .env.example is for those who clone the app, where it has one. */
  async toEnvFiles(): Promise<void> {
    if (this.#files.has('.env.example')) await this.#toEnvFile('.env.example');
    await this.#toEnvFile('.env');
  }

  async toGitIgnore(): Promise<void> {
    const path = '.gitignore';
    if (!this.#files.has(path)) return;
    await this.#files.write(path, withPrivateFiles(this.#files.read(path)));
  }

  async toPackageJson(): Promise<void> {
    const nestMajor = Number.parseInt(this.#packages.manifestOf('@nestjs/core').version!);
    const ours = this.#packages.manifestOf(PACKAGE);
    const missing = missingPeers(this.#manifest, ours, nestMajor);
    if (Object.keys(missing).length === 0) return;
    const path = 'package.json';
    await this.#files.write(path, withDependencies(this.#files.read(path), missing));
    this.#say(`${path} names ${Object.keys(missing).join(', ')}.`);
    if (this.options.skipInstall) return;
    this.context.addTask(new this.#packages.devkitTasks.NodePackageInstallTask());
  }

  async #toEnvFile(path: string): Promise<void> {
    const text = this.#files.read(path);
    if (namesAccount(text)) {
      this.#say(`${path} names an account already, and stays as it is.`);
      return;
    }
    await this.#files.write(path, withSandbox(text));
    this.#say(
      `${path} names the sandbox. For Plivo, put your credentials there, take PLIVO_BASE_URL out and delete .conversion-feedback.`,
    );
  }

  /** Path of a file of the app that imports our module; undefined where none does. */
  #importingOurs(): string | undefined {
    for (const path of sourcesOf(this.#files, this.#packages, this.options.sourceRoot)) {
      if (importsOurModule(this.#packages.typescript, this.#files.read(path))) return path;
    }
    return undefined;
  }

  /** A root module's text that has .env read before it; the reader stands beside it. */
  async #withEnvReader(modulePath: string, text: string): Promise<string> {
    const folder = posix.dirname(modulePath);
    const name = this.#envReaderName(folder);
    const path = posix.join(folder, `${name}.ts`);
    if (!this.#files.has(path)) await this.#files.write(path, ENV_READER_TEXT);
    this.#say(`${path} reads Plivo's variables in .env.`);
    return withEnvReader(this.#packages.typescript, text, `./${name}${this.#extension}`);
  }

  /** The reader's name, or a free one like it where a file of the app's own has that. */
  #envReaderName(folder: string): string {
    for (let count = 1; ; count++) {
      const name = count === 1 ? ENV_READER : `${ENV_READER}-${count}`;
      const path = posix.join(folder, `${name}.ts`);
      if (!this.#files.has(path) || isEnvReader(this.#files.read(path))) return name;
    }
  }

  #rootModulePath(): string {
    const { rootModuleSpecifier: specifier, holdsRootModule } = this.#bootstrap;
    if (holdsRootModule) return this.#bootstrapPath;
    if (specifier === undefined) return posix.join(this.options.sourceRoot, 'app.module.ts');
    const path = this.#packages.resolve(specifier, this.#bootstrapPath);
    if (path !== undefined) return path;
    throw new Error(
      `${this.#bootstrapPath} imports the root module from '${specifier}', which is no file that tsconfig.json leads to. ${BY_HAND}`,
    );
  }

  /** What main.ts ends its imports in: none, .js or .ts. */
  get #extension(): string {
    const [written] = /\.[jt]s$/.exec(this.#bootstrap.rootModuleSpecifier ?? '') ?? [];
    return written ?? (this.#manifest.type === 'module' ? '.js' : '');
  }

  /** As it is now. */
  get #bootstrap(): BootstrapFile {
    const text = this.#files.read(this.#bootstrapPath);
    return new BootstrapFile(this.#packages.typescript, this.#bootstrapPath, text);
  }

  #say(message: string): void {
    this.context.logger.info(message);
  }
}
