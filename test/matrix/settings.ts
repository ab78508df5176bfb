import type { Cell } from './cells.js';

/** What the app's settings need beside its sources, file by file. */
export function settingsOf(cell: Cell): Record<string, string> {
  const json = (value: object): string => JSON.stringify(value, null, 2);
  return {
    'tsconfig.json': json({
      compilerOptions: tsconfig(cell),
      include: ['src', 'test'],
    }),
    'tsconfig.build.json': json({
      extends: './tsconfig.json',
      // TypeScript 6, of Nest 12, wants to be told; where Nest 11's CLI is told, what SWC writes
      // goes to dist/src.
      compilerOptions: cell.nest === 12 ? { rootDir: 'src' } : {},
      include: ['src'],
    }),
    'nest-cli.json': json({
      sourceRoot: 'src',
      compilerOptions: { builder: builder(cell), deleteOutDir: true },
    }),
    ...(cell.compiler === 'SWC' && cell.app === 'ESM' ? { '.swcrc': json(SWC_ESM) } : {}),
    ...testSettings(cell),
  };
}

/** The module settings that go by this name, with what Nest needs. */
function tsconfig({ nest, module, tests }: Cell): object {
  const settings = {
    nodenext: { module: 'nodenext' },
    node16: { module: 'node16' },
    // TypeScript 6, of Nest 12, has no more use for the resolution that TypeScript 5 takes here.
    commonjs: { module: 'commonjs', ...(nest === 12 ? { moduleResolution: 'bundler' } : {}) },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  };
  const globals = { Vitest: 'vitest/globals', 'Jest (ESM)': 'jest', 'Jest (CommonJS)': 'jest' };
  return {
    ...settings[module],
    target: 'es2023',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    esModuleInterop: true,
    isolatedModules: true,
    skipLibCheck: true,
    outDir: 'dist',
    ...(nest === 12 ? { rootDir: '.' } : {}),
    types: ['node', ...(tests ? [globals[tests]] : [])],
  };
}

function builder({ compiler, bundle }: Cell): string {
  if (bundle === 'webpack') return 'webpack';
  if (bundle === 'Rspack') return 'rspack';
  return compiler === 'SWC' ? 'swc' : 'tsc';
}

const DECORATORS = {
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true },
  keepClassNames: true,
  target: 'es2023',
};

const SWC_ESM = { jsc: DECORATORS, module: { type: 'es6' } };

const vitest = (swc: boolean): string => `
import { defineConfig } from 'vitest/config';
${swc ? "import swc from 'unplugin-swc';" : ''}

export default defineConfig({
  plugins: [${swc ? "swc.vite({ module: { type: 'es6' } })" : ''}],
  test: { globals: true, include: ['test/**/*.e2e-spec.ts'] },
});
`;

function testSettings({ tests, compiler }: Cell): Record<string, string> {
  if (!tests) return {};
  if (tests === 'Vitest') return { 'vitest.config.mts': vitest(compiler === 'SWC') };
  const esm = tests === 'Jest (ESM)';
  const swc = { jsc: DECORATORS, module: { type: esm ? 'es6' : 'commonjs' } };
  const config = {
    testEnvironment: 'node',
    testRegex: '\\.e2e-spec\\.ts$',
    transform: {
      '^.+\\.ts$': compiler === 'SWC' ? ['@swc/jest', swc] : ['ts-jest', { useESM: esm }],
    },
    ...(esm
      ? {
          extensionsToTreatAsEsm: ['.ts'],
          moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
        }
      : {}),
  };
  return { 'jest.config.json': JSON.stringify(config, null, 2) };
}
