import type { Cell } from './cells.js';

/** What docs/compatibility.md ticks: each row by its first words, and the cells that show it. */
export const rows: Readonly<Record<string, (cell: Cell) => boolean>> = {
  'Node 20.19.0': ({ node }) => node === '20.19',
  'Node 20': ({ node }) => node === '20',
  'Node 22.12.0': ({ node }) => node === '22.12',
  'Node 22': ({ node }) => node === '22',
  'Node 24': ({ node }) => node === '24',
  'an ESM app': ({ app }) => app === 'ESM',
  'a CommonJS app': ({ app }) => app === 'CommonJS',
  tsc: ({ compiler }) => compiler === 'tsc',
  SWC: ({ compiler }) => compiler === 'SWC',
  '`module: nodenext`': ({ module }) => module === 'nodenext',
  '`module: node16`': ({ module }) => module === 'node16',
  '`module: commonjs`': ({ module }) => module === 'commonjs',
  '`moduleResolution: bundler`': ({ module }) => module === 'bundler',
  'tests by Jest (CommonJS)': ({ tests }) => tests === 'Jest (CommonJS)',
  'tests by Jest (ESM)': ({ tests }) => tests === 'Jest (ESM)',
  'tests by Vitest': ({ tests }) => tests === 'Vitest',
  'bundled by webpack': ({ bundle }) => bundle === 'webpack',
  'bundled by Rspack': ({ bundle }) => bundle === 'Rspack',
  'bundled by esbuild': ({ bundle }) => bundle === 'esbuild',
  'a pnpm workspace': ({ packages }) => packages === 'pnpm',
  '@nestjs/axios 4': ({ nest, axiosModule }) => nest === 11 && axiosModule === undefined,
  '@nestjs/axios 12': ({ nest, axiosModule }) => nest === 12 || axiosModule === 12,
};

/** The columns of the table. */
export const columns: Readonly<Record<string, (cell: Cell) => boolean>> = {
  'Nest 11, Express 5': ({ nest, http }) => nest === 11 && http === 'Express',
  'Nest 11, Fastify 5': ({ nest, http }) => nest === 11 && http === 'Fastify',
  'Nest 12, Express 5': ({ nest, http }) => nest === 12 && http === 'Express',
  'Nest 12, Fastify 5': ({ nest, http }) => nest === 12 && http === 'Fastify',
};
