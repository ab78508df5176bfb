import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './root.js';

const run = promisify(execFile);
const resolve = createRequire(import.meta.url).resolve;

/** Packages whose versions matter to the figures. */
const PACKAGES = [
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  'lmdb',
  'axios',
  'plivo',
  'bullmq',
  'ioredis',
  'autocannon',
];

/** The machine that this is, in words. */
export async function describeMachine(): Promise<Record<string, string>> {
  const processors = cpus();
  return {
    processor: `${processors.length} x ${processors[0]?.model.trim() || 'unknown'} (${arch()})`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${type()} ${release()}`,
    'file system of the stores': await fileSystem(),
    'load before (1 minute)': loadavg()[0].toFixed(2),
  };
}

/** Versions of all that is compared. */
export async function describeVersions(): Promise<Record<string, string>> {
  const { version } = packageIn(ROOT);
  return {
    'nestjs-conversion-feedback': version,
    Node: process.versions.node,
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    Redis: await redisVersion(),
  };
}

/** Some packages don't let their package.json be asked for: it is looked up from where they begin. */
function versionOf(name: string): string {
  for (let folder = dirname(resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = packageIn(folder);
      if (found.name === name) return found.version;
    } catch {
      // Not yet at its top.
    }
  }
  return 'unknown';
}

function packageIn(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
}

async function fileSystem(): Promise<string> {
  return run('stat', ['-f', '-c', '%T', tmpdir()]).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}

async function redisVersion(): Promise<string> {
  return run(process.env.REDIS_SERVER_PATH || 'redis-server', ['--version']).then(
    ({ stdout }) => /v=([\d.]+)/.exec(stdout)?.[1] ?? 'unknown',
    () => 'none',
  );
}
