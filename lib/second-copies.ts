import { createRequire } from 'node:module';
import { join } from 'node:path';
import { moduleFolder } from './module-folder.js';

/** Where each copy of this package that is loaded lies, in the memory that they all share. */
const LOADED = Symbol.for('nestjs-conversion-feedback.loaded');

const HOW_TO_KEEP_ONE =
  'packages of a workspace that are not apps name it, and Nest, in peerDependencies';

/** Notes that this copy is loaded, and warns where another one is: neither provides anything to the other. */
export function warnOfSecondCopy(): void {
  const shared = globalThis as { [LOADED]?: Set<string> };
  const folders = (shared[LOADED] ??= new Set());
  const [other] = [...folders].filter((folder) => folder !== moduleFolder);
  folders.add(moduleFolder);
  if (other === undefined) return;
  if (packageOf(other) === packageOf(moduleFolder)) {
    process.emitWarning(
      `nestjs-conversion-feedback is loaded both as an ES module and as CommonJS: the module of one provides nothing to the other. Import it in one way, and require() it nowhere, or the other way round`,
      { code: 'CONVERSION_FEEDBACK_LOADED_TWICE' },
    );
    return;
  }
  process.emitWarning(
    `nestjs-conversion-feedback is loaded twice, from ${other} and from ${moduleFolder}: the module of one provides nothing to the other, and Nest will say that it can't resolve ConversionFeedbackService. Keep one copy: see \`npm ls nestjs-conversion-feedback\` or \`pnpm why nestjs-conversion-feedback\`; ${HOW_TO_KEEP_ONE}`,
    { code: 'CONVERSION_FEEDBACK_LOADED_TWICE' },
  );
}

/** What to say where the app runs on another copy of Nest than this package found. */
export function secondCopyOfNest(): string {
  const ours = placeOf('@nestjs/core');
  return `Two copies of @nestjs/core are installed: the app runs on another one than nestjs-conversion-feedback, whose is ${ours}. Reports go out all the same, but our lines miss the app's own logger. Keep one copy: see \`npm ls @nestjs/core\` or \`pnpm why @nestjs/core\`; ${HOW_TO_KEEP_ONE}`;
}

/** The folder of the package that a build lies in. */
function packageOf(build: string): string {
  return build.replace(/[\\/]dist[\\/](esm|cjs)$/, '');
}

function placeOf(name: string): string {
  try {
    return createRequire(join(moduleFolder, 'index.js')).resolve(name);
  } catch {
    return 'not to be found';
  }
}
