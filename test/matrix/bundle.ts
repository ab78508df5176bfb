import type { CodeBlock } from '../support/readme.js';
import type { Cell } from './cells.js';

/** How the app of a cell is bundled, where it is. */
export interface Bundling {
  /** What Node runs. */
  readonly entry: string;
  /** The program that makes the bundle where Nest's CLI doesn't. */
  readonly program?: string;
  readonly settings: Record<string, string>;
}

/** What Nest loads only where it is installed: a bundler must leave it alone. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@fastify/static',
  '@fastify/view',
  '@fastify/multipart',
];

const REQUIRE =
  "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);";

const WEBPACK_INSIDE = `
module.exports = (options) => ({ ...options, externalsType: 'commonjs', externals: ['lmdb'] });
`;

/**
 * What bundles the app of a cell, as docs/compatibility.md prints it.
 * @param inside whether all packages but lmdb go into the bundle, which the docs advise against
 */
export function bundlingOf(
  { bundle, app }: Cell,
  docs: readonly CodeBlock[],
  inside = false,
): Bundling {
  if (bundle !== 'esbuild')
    return {
      entry: 'dist/main.js',
      settings: inside ? { 'webpack.config.js': WEBPACK_INSIDE } : {},
    };
  const program = 'esbuild.mjs';
  const printed = docs.find(({ title }) => title === program)!.code;
  const code = app === 'ESM' ? printed : printed.replace("format: 'esm'", "format: 'cjs'");
  const within = [
    `external: ${JSON.stringify(['lmdb', ...OPTIONAL])}`,
    ...(app === 'ESM' ? [`banner: { js: ${JSON.stringify(REQUIRE)} }`] : []),
  ].join(', ');
  const settings = inside ? code.replace("packages: 'external'", within) : code;
  return { entry: 'bundle/main.js', program, settings: { [program]: settings } };
}
