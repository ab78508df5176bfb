import type * as TypeScript from 'typescript';
import { importsOf } from './imports.js';

/** Name of the file of the app that reads .env, without its extension. */
export const ENV_READER = 'read-plivo-env';

const AUTHOR = '`nest add nestjs-conversion-feedback`';

/**
 * Its text. Written whatever else the app has: what looks like a reader of .env may read another
 * file, or later than our options are set. Not `nest start --env-file`: `node dist/main` and the
 * tests would start without the variables. Not `process.loadEnvFile()`: Jest gives tests another
 * process.env than the one that it fills, and it would take what .env.local is to set.
 */
export const ENV_READER_TEXT = `import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

// Written by ${AUTHOR}. Takes only Plivo's
// variables, and of those what isn't set: the others are read as before.
for (const [name, value] of Object.entries(parseEnv(envFile()))) {
  if (name.startsWith('PLIVO_')) process.env[name] ??= value;
}

function envFile(): string {
  try {
    return readFileSync('.env', 'utf8');
  } catch {
    return ''; // As in production, where the variables come from elsewhere.
  }
}
`;

/** Whether a file is the reader, be it changed since. */
export function isEnvReader(text: string): boolean {
  return text.includes(AUTHOR);
}

/** A module's text with an import of the reader before all others. */
export function withEnvReader(ts: typeof TypeScript, text: string, specifier: string): string {
  const [first] = importsOf(ts, text);
  const start = first.getStart();
  return `${text.slice(0, start)}import '${specifier}';\n${text.slice(start)}`;
}
