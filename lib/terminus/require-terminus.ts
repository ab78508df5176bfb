import { createRequire } from 'node:module';
import { join } from 'node:path';
import { moduleFolder } from '../module-folder.js';

const NAME = '@nestjs/terminus';

/**
 * Makes sure that the optional package is installed: nothing here imports it, so nothing else would
 * say so.
 * @throws Error where it isn't
 */
export function requireTerminus(folder = moduleFolder): void {
  try {
    createRequire(join(folder, 'index.js')).resolve(NAME);
  } catch {
    throw new Error(
      `The package "${NAME}" is missing: run \`npm install ${NAME}\` (\`${NAME}@11\` beside Nest 11) to use ConversionFeedbackHealthIndicator of nestjs-conversion-feedback/terminus`,
    );
  }
}
