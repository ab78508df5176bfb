const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'nodenext' },
  sourceMaps: 'inline',
};

const project = (name, more = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.spec.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    // Sources import each other as .js; what a dependency calls .json.js is really named so.
    '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1',
    // Jest on Node 20 can't require an ES module, as Mercurius' @fastify/static does its own copy.
    '^content-disposition$': '<rootDir>/node_modules/content-disposition',
  },
  setupFiles: ['reflect-metadata'],
  ...more,
});

/** Every folder below test/ that holds specs is a project of its own: `npx jest --selectProjects unit`. */
export default {
  // Many specs start processes, which takes its time on a busy machine.
  testTimeout: 60_000,
  // Many specs wait for processes and clocks: two at a time, also where there are two cores.
  maxWorkers: 2,
  projects: [
    ...['unit', 'integration', 'e2e', 'browser', 'package', 'chaos', 'model'].map((name) =>
      project(name),
    ),
    project('matrix', {
      // It installs a workspace: too long for what it tells in every `npm test`.
      testPathIgnorePatterns: process.env.MATRIX_SHARE === 'whole' ? [] : ['two-copies'],
    }),
  ],
};
