import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Path of a program: where the variable says, else in PATH, else (on Debian, as root) installed now. */
export async function findProgram({ names, variable, debian }) {
  const given = process.env[variable];
  if (given !== undefined && given !== '') {
    if (await isExecutable(given)) return given;
    throw new Error(`${variable} is ${given}, which can't be run.`);
  }
  const found = await inPath(names);
  if (found !== undefined) return found;

  if (process.getuid?.() === 0 && (await isExecutable('/usr/bin/apt-get'))) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '-y', '--no-install-recommends', debian], { env });
    const installed = await inPath(names);
    if (installed !== undefined) return installed;
  }
  throw new Error(`Not found: install ${names.join(' or ')}, or set ${variable}.`);
}

async function inPath(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder !== '' && (await isExecutable(path))) return path;
    }
  }
  return undefined;
}

async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
