import type * as TypeScript from 'typescript';
import type { Manifest } from './app-packages.js';
import { importsOf } from './imports.js';
import { isNamedIn } from './peers.js';

/** Name of the file of the app that reads .env, without its extension. */
export const ENV_READER = 'read-env-file';

/**
 * Its text. Not `nest start --env-file`: `node dist/main` and the tests would start without the
 * variables, and an app without a .env wouldn't start at all. Not `process.loadEnvFile()`: Jest
 * gives tests another process.env than the one that it fills.
 */
export const ENV_READER_TEXT = `import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

// What is set outside of .env has precedence.
if (existsSync('.env')) {
  const variables = parseEnv(readFileSync('.env', 'utf8'));
  Object.assign(process.env, variables, { ...process.env });
}
`;

/** What reads .env in the app already; undefined where nothing does. */
export function ownEnvReader(manifest: Manifest): string | undefined {
  const scripts = Object.values(manifest.scripts ?? {});
  if (scripts.some((script) => script.includes('--env-file'))) return '--env-file';
  return ['@nestjs/config', 'dotenv'].find((name) => isNamedIn(manifest, name));
}

/** A module's text with an import of the reader before all others. */
export function withEnvReader(ts: typeof TypeScript, text: string, extension: string): string {
  const [first] = importsOf(ts, text);
  const start = first.getStart();
  return `${text.slice(0, start)}import './${ENV_READER}${extension}';\n${text.slice(start)}`;
}
