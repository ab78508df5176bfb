import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../support/run.js';
import { ROOT, type Tarball, emptyPackage, install, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { entryPoints } from './entry-points.js';

const MODULE = 'ConversionFeedbackModule';
const STORAGE = 'BullMQConversionStorage';

/** Boots an app over a storage whose packages aren't there, and prints why it doesn't. */
const BOOT = `
  const options = { authId: 'MA', authToken: 'token', storage: new ${STORAGE}({ connection: {} }) };
  NestFactory.createApplicationContext(${MODULE}.forRoot(options), { logger: false, abortOnError: false })
    .then(() => console.log('"it boots"'), (error) => console.log(JSON.stringify(error.message)));
`;

/** Each Nest line, and what its users compile with. */
const nestLines = [
  {
    nest: 12,
    peers: ['@nestjs/common@12', '@nestjs/core@12', '@nestjs/axios@12'],
    compilers: [
      { flags: '--module nodenext', files: ['use.mts', 'use.cts'] },
      { flags: '--module esnext --moduleResolution bundler', files: ['use.ts'] },
      { flags: '--module commonjs --moduleResolution bundler', files: ['use.ts'] },
    ],
  },
  {
    nest: 11,
    peers: ['@nestjs/common@11', '@nestjs/core@11', '@nestjs/axios@4'],
    compilers: [
      { flags: '--module nodenext', files: ['use.mts', 'use.cts'] },
      // Not beside Nest 12, which is ESM only: CommonJS of node16 can't import that.
      { flags: '--module node16', files: ['use.mts', 'use.cts'] },
      {
        flags: '--module commonjs --moduleResolution node10 --ignoreDeprecations 6.0',
        files: ['use.ts'],
      },
    ],
  },
];

interface Manifest {
  readonly version: string;
  readonly main: string;
  readonly types: string;
  readonly schematics: string;
  readonly bin: Record<string, string>;
  readonly exports: Record<string, unknown>;
  readonly typesVersions: Record<string, Record<string, string[]>>;
}

const NAME = 'nestjs-conversion-feedback';
const specifier = (entry: string): string => entry.replace('.', NAME);
const entries = Object.keys(entryPoints);

let manifest: Manifest;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let tarball: Tarball;

beforeAll(async () => {
  manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  folder = await tempFolder();
  tarball = await pack(folder.path);
}, 120_000);

afterAll(() => folder.remove());

describe('the tarball', () => {
  it('holds every file that package.json points at', () => {
    const { main, types, schematics, bin, exports, typesVersions } = manifest;
    const paths = stringsIn({ main, types, schematics, bin, exports, typesVersions });
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) expect(tarball.files).toContain(path.replace('./', ''));
  });

  it('holds the build and its papers, and nothing else', () => {
    const build = /^dist\/(esm|cjs)\/[\w./-]+\.(js|d\.ts)$/;
    const page = /^dist\/(esm|cjs)\/((sandbox|dashboard)\/)?page\/\w+\.(html|css|js|svg)$/;
    const beside = /^dist\/(esm|cjs)\/storage\/lmdb\/(check-store|gate-keeper)\.mjs$/;
    const schematic = /^dist\/(esm|cjs)\/schematics\/(collection|nest-add\/schema)\.json$/;
    const ours = [build, page, beside, schematic];
    const rest = tarball.files.filter((file) => !ours.some((kind) => kind.test(file)));
    expect(rest.sort()).toEqual(['LICENSE', 'README.md', 'dist/cjs/package.json', 'package.json']);
    expect(tarball.files.filter((file) => /\.spec\.|(^|\/)test\//.test(file))).toEqual([]);
  });

  it('holds the same files for ESM and for CommonJS', () => {
    const filesOf = (build: string): string[] =>
      tarball.files
        .filter((file) => file.startsWith(`dist/${build}/`))
        .map((file) => file.slice(`dist/${build}/`.length));
    expect(filesOf('cjs').filter((file) => file !== 'package.json')).toEqual(filesOf('esm'));
  });

  // Of these the dashboard takes some 23 kB (its plots come as a dependency), and the contract suite some 26.
  it('is less than 320 kB', () => {
    expect(tarball.size).toBeLessThan(320_000);
  });

  it('has the entry points that are pinned here, with types for old resolvers too', () => {
    expect(Object.keys(manifest.exports)).toEqual([...entries, './package.json']);
    const old = Object.keys(manifest.typesVersions['*']).map((path) => `./${path}`);
    expect(old).toEqual(entries.filter((entry) => entry !== '.'));
  });

  it.each([
    ['publint', ['--strict']],
    ['attw', ['--no-emoji']],
  ])(
    'is found clean by %s',
    async (linter, flags) => {
      const bin = join(ROOT, 'node_modules/.bin', linter);
      await run(bin, [tarball.path, ...flags], { cwd: folder.path });
    },
    60_000,
  );
});

describe.each(nestLines)(
  'installed beside Nest $nest, outside of the repository',
  ({ peers, compilers }) => {
    let app: Awaited<ReturnType<typeof tempFolder>>;
    const node = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await run(process.execPath, args, { cwd: app.path, timeout: 30_000 });
      return JSON.parse(stdout);
    };

    beforeAll(async () => {
      app = await tempFolder();
      await emptyPackage(app.path);
      await install(app.path, [tarball.path, ...peers]);
    }, 400_000);

    const compile = async (
      given: readonly string[],
      { flags, files }: { flags: string; files: readonly string[] },
    ): Promise<void> => {
      const use = given.map(importOf).join('');
      for (const file of files) await writeFile(join(app.path, file), use);
      const strict = '--noEmit --strict --target es2023 --skipLibCheck false --types node';
      const typeRoots = ['--typeRoots', join(ROOT, 'node_modules/@types')];
      const args = [...strict.split(' '), ...typeRoots, ...flags.split(' '), ...files];
      await run(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: app.path });
    };

    afterAll(() => app.remove());

    it.each(entries)('%s gives its names to `import` in bare Node', async (entry) => {
      const code = `import * as all from '${specifier(entry)}';
      console.log(JSON.stringify(Object.keys(all)));`;
      expect(await node('--input-type=module', '--eval', code)).toEqual(entryPoints[entry].values);
    });

    it.each(entries)('%s gives the same names to `require` in bare Node', async (entry) => {
      const code = `console.log(JSON.stringify(Object.keys(require('${specifier(entry)}'))));`;
      const required = (await node('--input-type=commonjs', '--eval', code)) as string[];
      expect(required.sort()).toEqual(entryPoints[entry].values);
    });

    it('gives its package.json', async () => {
      const code = `console.log(JSON.stringify(require('${NAME}/package.json')));`;
      expect(await node('--input-type=commonjs', '--eval', code)).toHaveProperty('name', NAME);
    });

    it('has a command that tells its version and its help', async () => {
      const npx = (flag: string) => run('npx', ['--no-install', NAME, flag], { cwd: app.path });
      expect((await npx('--version')).stdout).toBe(`${manifest.version}\n`);
      expect((await npx('--help')).stdout).toContain(`Usage: ${NAME}`);
    });

    // skipLibCheck is off, and no optional peer is installed here: none may be needed.
    it.each(compilers)(
      'compiles strictly, its typings included: $flags',
      (compiler) =>
        compile(
          entries.filter((entry) => !entryPoints[entry].peers),
          compiler,
        ),
      60_000,
    );

    it.each(['module', 'commonjs'])(
      'says at boot what to install where a peer of a storage is missing: %s',
      async (type) => {
        const all = { [NAME]: MODULE, [`${NAME}/bullmq`]: STORAGE, '@nestjs/core': 'NestFactory' };
        const imports = Object.entries(all).map(([from, name]) =>
          type === 'module'
            ? `import { ${name} } from '${from}';`
            : `const { ${name} } = require('${from}');`,
        );
        const code = [...imports, BOOT].join('\n');
        expect(await node(`--input-type=${type}`, '--eval', code)).toBe(
          '1 option is invalid: `storage` BullMQConversionStorage needs the package bullmq: npm install bullmq ioredis.',
        );
      },
    );

    describe('and beside the optional peers', () => {
      beforeAll(async () => {
        const wanted = entries.flatMap((entry) => entryPoints[entry].peers ?? []);
        await install(app.path, [...new Set(wanted)]);
      }, 200_000);

      // That the others find the typings, attw has seen.
      it.each(compilers.slice(0, 1))(
        'compiles strictly, its typings included: $flags',
        (compiler) => compile(entries, compiler),
        60_000,
      );
    });
  },
);

/** A program's import of everything that an entry point exports. */
function importOf(entry: string, index: number): string {
  const { values, types } = entryPoints[entry];
  const all = [...values, ...types.map((name) => `type ${name}`)];
  const list = all.map((name) => `${name} as ${name.replace('type ', '')}${index}`).join(', ');
  const used = [...values, ...types.map((name) => `{} as ${name}`)];
  const uses = used.map((name) => `${name}${index}`).join(', ');
  return `import { ${list} } from '${specifier(entry)}';\nexport const uses${index}: unknown[] = [${uses}];\n`;
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}
