import type { Cell } from './cells.js';

/** Pinned where another version would change what a cell is. */
const TYPESCRIPT = { 11: 'typescript@5.9', 12: 'typescript@6.0' };

/** What webpack needs beside Nest's CLI: 11's brings the rest along. */
const WEBPACK = {
  11: ['ts-loader'],
  12: [
    'ts-loader',
    'webpack',
    'webpack-node-externals',
    'fork-ts-checker-webpack-plugin',
    'tsconfig-paths-webpack-plugin',
  ],
};

const TESTS = {
  'Jest (CommonJS)': ['jest@30', '@types/jest@30'],
  'Jest (ESM)': ['jest@30', '@types/jest@30'],
  Vitest: ['vitest@4'],
};

/** The packages that a cell's app installs, without the one that is tested. */
export function packagesOf(cell: Cell): string[] {
  const { nest, http, compiler, tests, bundle, axiosModule } = cell;
  const platforms = new Set([http.toLowerCase(), ...(tests ? ['express'] : [])]);
  return [
    `@nestjs/common@${nest}`,
    `@nestjs/core@${nest}`,
    ...[...platforms].map((platform) => `@nestjs/platform-${platform}@${nest}`),
    `@nestjs/axios@${axiosModule ?? (nest === 11 ? 4 : 12)}`,
    ...['axios', 'class-transformer', 'class-validator', 'reflect-metadata', 'rxjs'],
    ...[`@nestjs/cli@${nest}`, TYPESCRIPT[nest], '@types/node@24'],
    ...(compiler === 'SWC' ? ['@swc/core', '@swc/cli'] : []),
    ...(tests ? [...TESTS[tests], `@nestjs/testing@${nest}`, 'supertest', '@types/supertest'] : []),
    ...(tests ? [transformer(cell)] : []).flat(),
    ...(bundle === 'webpack' ? WEBPACK[nest] : []),
    ...(bundle === 'Rspack'
      ? ['@rspack/core@2', 'webpack-node-externals', 'tsconfig-paths-webpack-plugin']
      : []),
    ...(bundle === 'esbuild' ? ['esbuild@0.28'] : []),
  ];
}

/** What turns TypeScript into what the test runner takes; Vitest does it by itself. */
function transformer({ tests, compiler }: Cell): string[] {
  if (tests === 'Vitest') return compiler === 'SWC' ? ['unplugin-swc'] : [];
  return [compiler === 'SWC' ? '@swc/jest' : 'ts-jest'];
}
