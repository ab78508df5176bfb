import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The package's own folder, wherever this file was built to. */
export const ROOT = dirname(
  createRequire(import.meta.url).resolve('nestjs-conversion-feedback/package.json'),
);
