import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidOptionsError } from '../../conversion-feedback.errors.js';
import { moduleFolder } from '../../module-folder.js';

const folder = join(moduleFolder, 'storage', 'lmdb');

/** Programs that run beside the app, in a thread or a process of their own. */
export const companions = {
  gateKeeper: join(folder, 'gate-keeper.mjs'),
  checkStore: join(folder, 'check-store.mjs'),
};

/**
 * Makes sure that they are there.
 * @throws InvalidOptionsError where they aren't: the package was put into a bundle of the app
 */
export function assertCompanions(): void {
  if (Object.values(companions).every(existsSync)) return;
  const message =
    '`storage` lacks the files that lie beside nestjs-conversion-feedback, so it was bundled with the app: leave the package out of the bundle (`externals` of webpack, `--packages=external` of esbuild) and install it where the app runs';
  throw new InvalidOptionsError([{ field: 'storage', message }]);
}
