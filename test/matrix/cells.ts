import type { NestMajor } from '../support/consumer-app.js';
import type { NodeLine } from './nodes.js';

/** One kind of app that is built from the packed package, run, and logged in to. */
export interface Cell {
  readonly nest: NestMajor;
  readonly http: 'Express' | 'Fastify';
  readonly node: NodeLine;
  readonly app: 'ESM' | 'CommonJS';
  readonly compiler: 'tsc' | 'SWC';
  /** tsconfig's `module`; of `bundler`, `moduleResolution` beside `module: esnext`. */
  readonly module: 'nodenext' | 'node16' | 'commonjs' | 'bundler';
  /** What runs the README's test in the app. */
  readonly tests?: 'Jest (CommonJS)' | 'Jest (ESM)' | 'Vitest';
  /** By what the app is bundled, its packages left outside. */
  readonly bundle?: 'webpack' | 'Rspack' | 'esbuild';
  /** What installs; default npm. A pnpm cell is one of the apps of a workspace. */
  readonly packages?: 'pnpm';
  /** Default: that of Nest's own major, 4 or 12. */
  readonly axiosModule?: 12;
  /** Whether it runs in `npm test` too, on the Node that runs the tests. */
  readonly inTests?: true;
}

const nest11: readonly Omit<Cell, 'nest'>[] = [
  {
    http: 'Express',
    node: '20',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'commonjs',
    tests: 'Jest (CommonJS)',
  },
  {
    http: 'Express',
    node: '22.12',
    app: 'CommonJS',
    compiler: 'SWC',
    module: 'commonjs',
    tests: 'Jest (CommonJS)',
  },
  {
    http: 'Express',
    node: '20.19',
    app: 'ESM',
    compiler: 'SWC',
    module: 'nodenext',
    tests: 'Jest (ESM)',
  },
  {
    http: 'Express',
    node: '24',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    tests: 'Vitest',
  },
  {
    http: 'Fastify',
    node: '20',
    app: 'ESM',
    compiler: 'SWC',
    module: 'nodenext',
    inTests: true,
  },
  { http: 'Fastify', node: '20.19', app: 'CommonJS', compiler: 'SWC', module: 'commonjs' },
  { http: 'Fastify', node: '22.12', app: 'CommonJS', compiler: 'tsc', module: 'nodenext' },
  { http: 'Fastify', node: '24', app: 'CommonJS', compiler: 'tsc', module: 'node16' },
  { http: 'Express', node: '22', app: 'ESM', compiler: 'tsc', module: 'node16' },
  { http: 'Fastify', node: '22', app: 'ESM', compiler: 'tsc', module: 'bundler' },
  // @nestjs/axios 12 is ESM only: the app's own CommonJS requires it.
  {
    http: 'Express',
    node: '20.19',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    axiosModule: 12,
  },
  {
    http: 'Express',
    node: '20',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'webpack',
  },
  {
    http: 'Fastify',
    node: '22',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'webpack',
  },
  {
    http: 'Express',
    node: '24',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'commonjs',
    bundle: 'esbuild',
  },
  {
    http: 'Fastify',
    node: '20',
    app: 'ESM',
    compiler: 'SWC',
    module: 'bundler',
    bundle: 'esbuild',
  },
  {
    http: 'Express',
    node: '20',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    packages: 'pnpm',
  },
  {
    http: 'Fastify',
    node: '22',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    packages: 'pnpm',
  },
];

const nest12: readonly Omit<Cell, 'nest'>[] = [
  // Nest 12 is ESM only: CommonJS requires it, on the oldest Nodes that let it.
  {
    http: 'Express',
    node: '20.19',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'commonjs',
  },
  {
    http: 'Fastify',
    node: '22.12',
    app: 'CommonJS',
    compiler: 'SWC',
    module: 'commonjs',
    inTests: true,
  },
  {
    http: 'Express',
    node: '20',
    app: 'ESM',
    compiler: 'SWC',
    module: 'nodenext',
    tests: 'Vitest',
  },
  {
    http: 'Express',
    node: '24',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    tests: 'Vitest',
  },
  {
    http: 'Express',
    node: '22',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    tests: 'Jest (ESM)',
  },
  {
    http: 'Express',
    node: '24',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    tests: 'Jest (CommonJS)',
  },
  { http: 'Fastify', node: '20', app: 'ESM', compiler: 'tsc', module: 'node16' },
  { http: 'Fastify', node: '20.19', app: 'CommonJS', compiler: 'tsc', module: 'nodenext' },
  { http: 'Fastify', node: '22', app: 'ESM', compiler: 'tsc', module: 'bundler' },
  { http: 'Fastify', node: '24', app: 'ESM', compiler: 'SWC', module: 'nodenext' },
  { http: 'Express', node: '22.12', app: 'ESM', compiler: 'SWC', module: 'bundler' },
  {
    http: 'Express',
    node: '22',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'webpack',
  },
  {
    http: 'Express',
    node: '22',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'Rspack',
  },
  {
    http: 'Fastify',
    node: '24',
    app: 'ESM',
    compiler: 'SWC',
    module: 'nodenext',
    bundle: 'Rspack',
  },
  {
    http: 'Fastify',
    node: '24',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'esbuild',
  },
  {
    http: 'Express',
    node: '20',
    app: 'ESM',
    compiler: 'tsc',
    module: 'bundler',
    bundle: 'esbuild',
  },
  {
    http: 'Express',
    node: '22',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    packages: 'pnpm',
  },
  {
    http: 'Fastify',
    node: '24',
    app: 'CommonJS',
    compiler: 'SWC',
    module: 'nodenext',
    packages: 'pnpm',
  },
];

/** Each value, and each pair of values that could clash; not their full product. */
export const cells: readonly Cell[] = [
  ...nest11.map((cell) => ({ ...cell, nest: 11 as const })),
  ...nest12.map((cell) => ({ ...cell, nest: 12 as const })),
];

/** Apps that put all packages but lmdb into the bundle, this one among them: they are refused. */
export const refused: readonly Cell[] = [
  {
    nest: 11,
    http: 'Express',
    node: '20',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'webpack',
  },
  {
    nest: 11,
    http: 'Fastify',
    node: '22',
    app: 'CommonJS',
    compiler: 'tsc',
    module: 'commonjs',
    bundle: 'esbuild',
  },
  {
    nest: 12,
    http: 'Express',
    node: '24',
    app: 'ESM',
    compiler: 'tsc',
    module: 'nodenext',
    bundle: 'esbuild',
  },
];

/** The Node that builds a cell's app: Nest 12's CLI doesn't start on the first Nodes of a line. */
export function builderLine({ nest, node }: Cell): NodeLine {
  if (nest === 11) return node;
  return node === '20.19' ? '20' : node === '22.12' ? '22' : node;
}

/** A cell in a line, the name of its test. */
export function titleOf(cell: Cell): string {
  const { nest, http, node, app, compiler, module, tests, bundle, packages, axiosModule } = cell;
  return [
    `Nest ${nest}`,
    http,
    `Node ${node}`,
    app,
    compiler,
    module,
    ...(tests ? [tests] : []),
    ...(bundle ? [bundle] : []),
    ...(packages ? [packages] : []),
    ...(axiosModule ? [`@nestjs/axios ${axiosModule}`] : []),
  ].join(' · ');
}
