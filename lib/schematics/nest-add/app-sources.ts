import type { AppFiles } from './app-files.js';
import type { AppPackages } from './app-packages.js';
import { specifiersIn } from './imports.js';

const SPEC = /[.-](spec|test)\.ts$/;

/**
 * Paths of the files that an app is made of: those below its source root, and those of a
 * monorepo's libraries that they import.
 */
export function* sourcesOf(
  files: AppFiles,
  packages: AppPackages,
  sourceRoot: string,
): Generator<string> {
  const paths = new Set(files.typescriptBelow(sourceRoot).filter((path) => !SPEC.test(path)));
  for (const path of paths) {
    yield path;
    for (const specifier of specifiersIn(packages.typescript, files.read(path))) {
      const imported = packages.resolve(specifier, path);
      if (imported !== undefined) paths.add(imported);
    }
  }
}
