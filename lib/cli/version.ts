import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { moduleFolder } from '../module-folder.js';

const NAME = 'nestjs-conversion-feedback';

/** The package's version, from its own package.json: the CommonJS build has one in between. */
export function packageVersion(): string {
  for (let folder = moduleFolder; folder !== dirname(folder); folder = dirname(folder)) {
    const { name, version } = readPackage(join(folder, 'package.json'));
    if (name === NAME && version !== undefined) return version;
  }
  return 'unknown';
}

function readPackage(path: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
  } catch {
    return {};
  }
}
