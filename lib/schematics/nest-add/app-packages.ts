import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import type * as DevkitTasks from '@angular-devkit/schematics/tasks';
import type * as NestSchematics from '@nestjs/schematics';
import type * as Prettier from 'prettier';
import type * as TypeScript from 'typescript';

/** What is read of a package.json. */
export interface Manifest {
  readonly version?: string;
  readonly type?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
}

/**
 * The packages that an app has for Nest's CLI. They are looked up from the app: it has them in
 * every package manager, whereas ours would see them only where all packages lie in one folder.
 */
export class AppPackages {
  readonly #require: NodeJS.Require;

  /** @param folder the app's top */
  constructor(private readonly folder: string) {
    this.#require = createRequire(join(folder, 'package.json'));
  }

  get nestSchematics(): typeof NestSchematics {
    return this.#require('@nestjs/schematics') as typeof NestSchematics;
  }

  /** The compiler that Nest's schematics use, which is the app's. */
  get typescript(): typeof TypeScript {
    return this.#requireOfNestSchematics('typescript') as typeof TypeScript;
  }

  get devkitTasks(): typeof DevkitTasks {
    return this.#requireOfNestSchematics('@angular-devkit/schematics/tasks') as typeof DevkitTasks;
  }

  /** Undefined in an app that isn't formatted by it. */
  get prettier(): typeof Prettier | undefined {
    try {
      return this.#require('prettier') as typeof Prettier;
    } catch {
      return undefined;
    }
  }

  /**
   * Path of the app's file that an import means, aliases of its tsconfig.json included; undefined where
   * it means none.
   * @param path of the file that imports it
   */
  resolve(specifier: string, path: string): string | undefined {
    const ts = this.typescript;
    const importing = this.locate(path);
    const { resolvedModule } = ts.resolveModuleName(
      specifier,
      importing,
      this.#compilerOptions(importing),
      ts.sys,
    );
    if (!resolvedModule || !/\.[cm]?tsx?$/.test(resolvedModule.resolvedFileName)) return undefined;
    const found = relative(this.folder, resolvedModule.resolvedFileName).replaceAll(sep, '/');
    return /^\.\.\/|(^|\/)node_modules\/|\.d\.ts$/.test(found) ? undefined : found;
  }

  /** Where a file of the app lies on disk. */
  locate(path: string): string {
    return join(this.folder, path);
  }

  manifestOf(name: string): Manifest {
    return this.#require(`${name}/package.json`) as Manifest;
  }

  #compilerOptions(file: string): TypeScript.CompilerOptions {
    const ts = this.typescript;
    const config = ts.findConfigFile(dirname(file), (path) => ts.sys.fileExists(path));
    if (config === undefined) return {};
    const { config: json } = ts.readConfigFile(config, (path) => ts.sys.readFile(path)) as {
      config: unknown;
    };
    // Which files it is for is of no interest here.
    const host = { ...ts.sys, readDirectory: () => [] };
    return ts.parseJsonConfigFileContent(json, host, dirname(config)).options;
  }

  get #requireOfNestSchematics(): NodeJS.Require {
    return createRequire(this.#require.resolve('@nestjs/schematics'));
  }
}
