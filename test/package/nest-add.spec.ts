import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import ts from 'typescript';
import { ConversionStatus } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { ConsumerApp, type NestMajor } from '../support/consumer-app.js';
import { OtpClient } from '../support/otp-client.js';
import { codeBlocks } from '../support/readme.js';
import { run } from '../support/run.js';
import { ROOT, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';

const NAME = 'nestjs-conversion-feedback';
const ADDED = ['.env', '.gitignore', 'package.json', 'src/app.module.ts', 'src/main.ts'];

describe.each<NestMajor>([12, 11])('nest add, in an app that Nest %d’s CLI made', (nest) => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let app: ConsumerApp;
  let output: string;

  beforeAll(async () => {
    folder = await tempFolder();
    const { path: tarball } = await pack(folder.path);
    app = await ConsumerApp.generate(nest, folder.path);
    await app.write('.gitignore', 'node_modules\n');
    await app.install([tarball]);
    // -s, and not --skip-install: the CLI installs nothing, for no registry has this build, but
    // doesn't tell the schematic, which installs what is missing beside it.
    output = await app.cli('add', NAME, '-s');
  }, 400_000);

  afterAll(() => folder?.remove());

  it('imports the module as the README does', async () => {
    const module = await app.read('src/app.module.ts');
    expect(module).toContain(`import { ConversionFeedbackModule } from '${NAME}';`);
    expect(module).toContain(await forRootOfReadme());
    expect(await app.read('src/main.ts')).toContain(
      `  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);\n`,
    );
  });

  it('leaves the files as the app’s own formatter wants them', async () => {
    const prettier = join(app.path, 'node_modules/.bin/prettier');
    await run(prettier, ['--check', 'src'], { cwd: app.path });
  });

  it('installs the peers that go with its Nest', async () => {
    const { dependencies } = JSON.parse(await app.read('package.json'));
    expect(Object.keys(dependencies)).toEqual(
      expect.arrayContaining(['@nestjs/axios', 'axios', 'class-transformer', 'class-validator']),
    );
    const installed = JSON.parse(await app.read('node_modules/@nestjs/axios/package.json'));
    expect(installed.version).toMatch(nest === 11 ? /^4\./ : /^12\./);
  });

  it('keeps the credentials, and the store, out of git', async () => {
    const ignored = (await app.read('.gitignore')).split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining(['node_modules', '.env', '.conversion-feedback']),
    );
  });

  it('says what to run next, on the port that .env names', async () => {
    const { PLIVO_BASE_URL } = parseEnv(await app.read('.env'));
    const { port } = new URL(PLIVO_BASE_URL!);
    expect(output).toContain(`npx ${NAME} sandbox --port ${port}`);
    expect(output).toContain('npm run start:dev');
  });

  it('changes nothing the second time', async () => {
    const files = (): Promise<string[]> => Promise.all(ADDED.map((path) => app.read(path)));
    const before = await files();
    expect(await app.cli('add', NAME, '-s')).toContain('Nothing to be done');
    expect(await files()).toEqual(before);
  }, 60_000);

  it('passes the stock e2e tests, without a variable in the shell', async () => {
    expect(await app.script('test:e2e', {})).toMatch(/\d passed/);
  }, 120_000);

  it('reports to the sandbox that .env names, once the README’s handlers are there', async () => {
    // No credentials: those in .env are the ones that a sandbox has by itself.
    const sandbox = await PlivoSandbox.start();
    try {
      const env = await app.read('.env');
      await app.write('.env', env.replace(/(?<=PLIVO_BASE_URL=).*/, sandbox.url));
      await addOtpModule(app);
      await app.script('build', {});
      const { url, stop } = await app.start({});
      try {
        const user = new OtpClient(url, sandbox);
        const { verificationId, code, messageUuid } = await user.send('14155550123');
        await user.verify(verificationId, code);
        const { status } = await sandbox.waitForConversion(messageUuid);
        expect(status).toBe(ConversionStatus.CONVERTED);
      } finally {
        await stop();
      }
    } finally {
      await sandbox.stop();
    }
  }, 120_000);
});

/** A stock app of Nest 12 on the repository's packages, itself among them: each test has a copy. */
let stock: ConsumerApp;
let stockFolder: Awaited<ReturnType<typeof tempFolder>>;

beforeAll(async () => {
  stockFolder = await tempFolder();
  stock = await ConsumerApp.generate(12, stockFolder.path);
  await symlink(join(ROOT, 'node_modules'), join(stock.path, 'node_modules'));
  // Without Vitest's, which the repository hasn't.
  await amend(stock, 'tsconfig.json', 'compilerOptions', { types: ['node'] });
}, 120_000);

afterAll(() => stockFolder?.remove());

describe('nest add, in an app that is no longer stock', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let app: ConsumerApp;
  let output: string;
  const add = (): Promise<string> => app.cli('add', NAME, '--skip-install');

  beforeAll(async () => {
    folder = await tempFolder();
    app = await stock.copyTo(folder.path);
    await app.write('.prettierrc', '{}');
    await app.write('src/app.module.ts', OWN_MODULE.replaceAll('\n', '\r\n'));
    await app.write('src/main.ts', OWN_MAIN);
    await app.write('.env', OWN_ACCOUNT);
    await app.write('.env.example', 'PORT=3000');
    output = await add();
  }, 120_000);

  afterAll(() => folder?.remove());

  it('keeps the modules that it imports, its quotes and its line ends', async () => {
    const module = await app.read('src/app.module.ts');
    expect(module).toContain(`import { ConversionFeedbackModule } from "${NAME}";\r\n`);
    expect(module).toContain('    ConversionFeedbackModule.forRoot({\r\n');
    expect(module).not.toMatch(/[^\r]\n/);
    const theirs = OWN_MODULE.split('\n');
    expect(module.split('\r\n').filter((line) => theirs.includes(line))).toEqual(theirs);
  });

  it('keeps the shutdown hooks that main.ts enables', async () => {
    expect(await app.read('src/main.ts')).toBe(OWN_MAIN);
  });

  it('keeps the account in .env, which it doesn’t point at the sandbox', async () => {
    expect(await app.read('.env')).toBe(OWN_ACCOUNT);
    expect(output).toContain('.env names an account already');
  });

  it('completes .env.example', async () => {
    const example = await app.read('.env.example');
    expect(example).toMatch(/^PORT=3000\n/);
    expect(parseEnv(example)).toMatchObject({ PORT: '3000', PLIVO_BASE_URL: expect.any(String) });
  });

  it('installs nothing when it is told so, but names the packages', async () => {
    expect(output).not.toMatch(/install/i);
    const { dependencies } = JSON.parse(await app.read('package.json'));
    expect(dependencies).toHaveProperty('@nestjs/axios', '^12.0.0');
  });

  it.each(['imports: modules,', '...metadata,'])(
    'writes nothing where the module says `%s`, and says why',
    async (imports) => {
      const own = OWN_MODULE.replace(/imports: \[.*?\],/s, imports);
      await app.write('src/app.module.ts', own);
      await app.write('.env', 'PORT=3000');
      const before = await filesIn(app.path);
      await expect(add()).rejects.toThrow(/src\/app\.module\.ts has no @Module\(\) with a list of/);
      expect(await filesIn(app.path)).toEqual(before);
    },
    60_000,
  );
});

describe('nest add, in an app whose files say things in comments, aliases and endings of their own', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let app: ConsumerApp;
  const add = (): Promise<string> => app.cli('add', NAME, '--skip-install');

  beforeEach(async () => {
    folder = await tempFolder();
    app = await stock.copyTo(folder.path);
  }, 120_000);

  afterEach(() => folder?.remove());

  it('takes no comment for code', async () => {
    await app.write('src/app.module.ts', COMMENTED_MODULE);
    const main = await app.read('src/main.ts');
    await app.write('src/main.ts', main.replace('await app', '// app.enableShutdownHooks();\n$&'));
    await add();
    const module = await app.read('src/app.module.ts');
    expect(importsIn(module)).toEqual(['./read-plivo-env.js', '@nestjs/common', NAME]);
    expect(module).toMatch(/^ {4}ConversionFeedbackModule\.forRoot\(\{$/m);
    expect(await app.read('src/main.ts')).toMatch(
      /^ {2}app\.enableShutdownHooks\(\['SIGTERM', 'SIGINT'\]\);$/m,
    );
  }, 60_000);

  it.each([
    ['ends in .ts', './core/root.module.ts', './read-plivo-env.ts'],
    ['is an alias of tsconfig.json', '@core/root.module.js', './read-plivo-env.js'],
  ])(
    'finds the root module whose path %s',
    async (_, path, reader) => {
      const decoy = await app.read('src/app.module.ts');
      await app.write('src/core/root.module.ts', rootModule('RootModule'));
      await app.write('src/main.ts', main(`import RootModule from '${path}';`));
      const paths = { '@core/*': ['./src/core/*'] };
      await amend(app, 'tsconfig.json', 'compilerOptions', { paths });
      await add();
      const module = await app.read('src/core/root.module.ts');
      expect(importsIn(module)).toEqual([reader, '@nestjs/common', NAME]);
      expect(await app.read('src/app.module.ts')).toBe(decoy);
    },
    60_000,
  );

  it('finds the root module in main.ts itself', async () => {
    await app.write(
      'src/main.ts',
      `${rootModule('RootModule').replace('default ', '')}${main('')}`,
    );
    await add();
    const changed = await app.read('src/main.ts');
    expect(changed).toContain('ConversionFeedbackModule.forRoot({');
    expect(changed).toContain(`app.enableShutdownHooks(['SIGTERM', 'SIGINT']);`);
    expect(await add()).toContain('Nothing to be done');
  }, 60_000);

  it('writes nothing where it can’t find the root module, and says what to write by hand', async () => {
    await app.write('src/main.ts', main(`import RootModule from '@nowhere/root.module';`));
    const before = await filesIn(app.path);
    const adding = add();
    await expect(adding).rejects.toThrow(/imports the root module from '@nowhere\/root\.module'/);
    await expect(adding).rejects.toThrow(await forRootOfReadme());
    expect(await filesIn(app.path)).toEqual(before);
  }, 60_000);
});

describe('nest add, in an app that has to do with .env, or with the module, already', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let app: ConsumerApp;
  const add = (): Promise<string> => app.cli('add', NAME, '--skip-install');

  beforeEach(async () => {
    folder = await tempFolder();
    app = await stock.copyTo(folder.path);
  }, 120_000);

  afterEach(() => folder?.remove());

  it('boots from the .env that it wrote, beside what seems to read it', async () => {
    await amend(app, 'package.json', 'scripts', {
      'db:up': 'docker compose --env-file .env.docker up -d',
      'start:dev': 'nest start --watch --env-file .env',
    });
    await amend(app, 'package.json', 'devDependencies', { dotenv: '^17.0.0' });
    await useConfigModules(app, [
      '{ ignoreEnvFile: true }',
      `{ envFilePath: '.env.docker' }`,
      // Takes its time.
      '{ validationSchema: schema }',
    ]);
    await add();
    expect(await boot(app)).toContain('successfully started');
  }, 120_000);

  it('leaves the app’s own variables to what reads them: .env.local before .env', async () => {
    await useConfigModules(app, [`{ envFilePath: ['.env.local', '.env'] }`]);
    await app.write('.env', 'GREETING=of all');
    await app.write('.env.local', 'GREETING=of this machine');
    const main = await app.read('src/main.ts');
    const print = 'console.log(`GREETING ${process.env.GREETING}`);';
    await app.write('src/main.ts', main.replace(/.*listen\(/, `${print}\n$&`));
    await add();
    expect(await boot(app)).toContain('GREETING of this machine');
  }, 120_000);

  it('boots where the variables are set, and prefers those, with a .env or, as in production, without', async () => {
    await add();
    await app.write('.env', `${await app.read('.env')}\nPLIVO_BASE_URL=no URL`);
    const variables = {
      PLIVO_AUTH_ID: 'MAXXXXXXXXXXXXXXXXXX',
      PLIVO_AUTH_TOKEN: 'theirs',
      PLIVO_BASE_URL: 'http://127.0.0.1:4010',
    };
    expect(await boot(app, variables)).toContain('successfully started');
    await rm(join(app.path, '.env'));
    expect(await startAndStop(app, variables)).toContain('successfully started');
    // What Docker mounts in the place of a file that isn't there.
    await mkdir(join(app.path, '.env'));
    expect(await startAndStop(app, variables)).toContain('successfully started');
  }, 120_000);

  it('keeps a file of the app’s own that has its reader’s name', async () => {
    const own = `export const readPlivoEnv = () => process.env;\n`;
    await app.write('src/read-plivo-env.ts', own);
    await add();
    expect(await app.read('src/read-plivo-env.ts')).toBe(own);
    const [first] = importsIn(await app.read('src/app.module.ts'));
    expect(first).toBe('./read-plivo-env-2.js');
    expect(await app.read('src/read-plivo-env-2.ts')).toContain('PLIVO_');
  }, 60_000);

  it('keeps its reader as the app has changed it', async () => {
    const module = await app.read('src/app.module.ts');
    await add();
    const changed = (await app.read('src/read-plivo-env.ts')).replace('PLIVO_', '');
    await app.write('src/read-plivo-env.ts', changed);
    await app.write('src/app.module.ts', module);
    await add();
    expect(await app.read('src/read-plivo-env.ts')).toBe(changed);
    const [first] = importsIn(await app.read('src/app.module.ts'));
    expect(first).toBe('./read-plivo-env.js');
  }, 60_000);

  it('boots after a second time, where another module imports ours by then', async () => {
    const stock = await app.read('src/app.module.ts');
    await add();
    const added = await app.read('src/app.module.ts');
    const otp = added
      .replace('AppModule', 'OtpModule')
      .replace(/controllers: .*|providers: .*/g, '');
    await app.write('src/otp/otp.module.ts', otp.replaceAll(`'./`, `'../`));
    await app.write('src/app.module.ts', withModule(stock, 'OtpModule', './otp/otp.module.js'));
    expect(await add()).toContain('src/otp/otp.module.ts imports ConversionFeedbackModule already');
    expect(await boot(app)).toContain('successfully started');
  }, 120_000);

  it.each([
    [
      'by another name',
      `import { ConversionFeedbackModule as Feedback } from '${NAME}';`,
      'Feedback',
    ],
    [
      'with all of the package',
      `import * as ours from '${NAME}';`,
      'ours.ConversionFeedbackModule',
    ],
  ])(
    'leaves the modules as they are where one imports ours %s',
    async (_, importing, name) => {
      await app.write('src/core.module.ts', moduleWith(importing, name));
      const before = await app.read('src/app.module.ts');
      expect(await add()).toContain('src/core.module.ts imports ConversionFeedbackModule already');
      expect(await app.read('src/app.module.ts')).toBe(before);
    },
    60_000,
  );

  it('leaves the modules as they are where a library of the monorepo imports ours', async () => {
    const importing = `import { ConversionFeedbackModule } from '${NAME}';`;
    await app.write('libs/otp/src/index.ts', `export * from './otp.module.js';\n`);
    await app.write(
      'libs/otp/src/otp.module.ts',
      moduleWith(importing, 'ConversionFeedbackModule'),
    );
    const stock = await app.read('src/app.module.ts');
    const module = withModule(stock, 'OtherModule', '@app/otp');
    await app.write('src/app.module.ts', module);
    const paths = { '@app/otp': ['./libs/otp/src/index.ts'] };
    await amend(app, 'tsconfig.json', 'compilerOptions', { paths });
    expect(await add()).toContain(
      'libs/otp/src/otp.module.ts imports ConversionFeedbackModule already',
    );
    expect(await app.read('src/app.module.ts')).toBe(module);
  }, 60_000);

  it('takes no spec, and nothing else of the package, for an import of the module', async () => {
    const importing = `import { ConversionFeedbackModule } from '${NAME}';`;
    await app.write('src/app.spec.ts', moduleWith(importing, 'ConversionFeedbackModule'));
    await app.write('src/otp.controller.ts', OTP_CONTROLLER);
    await add();
    expect(importsIn(await app.read('src/app.module.ts'))).toContain(NAME);
  }, 60_000);
});

/** Adds values to an object of a JSON file. */
async function amend(
  app: ConsumerApp,
  path: string,
  field: string,
  values: Record<string, unknown>,
): Promise<void> {
  const json = JSON.parse(await app.read(path));
  Object.assign(json[field], values);
  await app.write(path, JSON.stringify(json, null, 2));
}

/** Builds an app, starts and ends it. */
async function boot(app: ConsumerApp, env: NodeJS.ProcessEnv = {}): Promise<string> {
  await app.script('build', {});
  return startAndStop(app, env);
}

/** Returns what the built app printed. */
async function startAndStop(app: ConsumerApp, env: NodeJS.ProcessEnv): Promise<string> {
  const { output, stop } = await app.start(env);
  await stop();
  return output();
}

/** Has the root module import ConfigModules, whose options may name a `schema`. */
async function useConfigModules(app: ConsumerApp, options: readonly string[]): Promise<void> {
  await amend(app, 'package.json', 'dependencies', { '@nestjs/config': '12.0.1' });
  const module = await app.read('src/app.module.ts');
  const schema = `const schema = {
  '~standard': { version: 1, vendor: 'ours', validate: (value: any) => ({ value }) },
} as const;`;
  const modules = options.map((each) => `ConfigModule.forRoot(${each})`).join(', ');
  const using = withModule(module, 'ConfigModule', '@nestjs/config');
  await app.write(
    'src/app.module.ts',
    using.replace('[ConfigModule', `[${modules}`).replace('@Module', `${schema}\n\n@Module`),
  );
}

/** A stock root module that imports one more. */
const withModule = (text: string, name: string, from: string): string =>
  `import { ${name} } from '${from}';\n${text.replace('imports: [', `imports: [${name}`)}`;

const moduleWith = (
  importing: string,
  name: string,
): string => `import { Module } from '@nestjs/common';
${importing}

@Module({ imports: [${name}.forRoot({ authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'theirs' })] })
export class OtherModule {}
`;

const OTP_CONTROLLER = `import { Controller, Post } from '@nestjs/common';
import { TrackConversion } from '${NAME}';

/** ConversionFeedbackModule reports what became of a code. */
@Controller('otp')
export class OtpController {
  @Post()
  @TrackConversion()
  verify() {}
}
`;

const COMMENTED_MODULE = `/*
import { Old } from './old.js';
*/
// ConversionFeedbackModule reports what became of a code.
import { Module } from '@nestjs/common';

@Module({})
export class AppModule {}

/*
import { Late } from './late.js';
*/
`;

const rootModule = (name: string): string => `import { Module } from '@nestjs/common';

@Module({ controllers: [] })
export default class ${name} {}
`;

const main = (importing: string): string => `import { NestFactory } from '@nestjs/core';
${importing}

async function bootstrap() {
  const app = await NestFactory.create(RootModule);
  await app.listen(3000);
}
bootstrap();
`;

/** What a file imports, in its order. */
function importsIn(text: string): string[] {
  const { statements } = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest);
  return statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text);
}

const OWN_ACCOUNT = 'PLIVO_AUTH_ID=MAXXXXXXXXXXXXXXXXXX\nPLIVO_AUTH_TOKEN=theirs';

const OWN_MODULE = `import { Module } from "@nestjs/common";
import * as cats from "./cats.js";
import dogs, {
  type DogsModuleOptions,
  DogsModule as AllDogsModule,
  KennelsModule,
} from "./dogs.js";

// Order matters.
@Module({
  controllers: [],
  imports: [
    cats.CatsModule, // first
    AllDogsModule.register({ names: ["Rex"] }),
  ],
})
export class AppModule {}
`;

const OWN_MAIN = `import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(3000);
`;

async function forRootOfReadme(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  return /^ {4}ConversionFeedbackModule\.forRoot\(\{\n.*?^ {4}\}\),\n/ms.exec(readme)![0];
}

/** Pastes the README's handlers, and imports their module beside ours. */
async function addOtpModule(app: ConsumerApp): Promise<void> {
  const blocks = await codeBlocks('README.md');
  const module = await app.read('src/app.module.ts');
  const code = `import { OtpModule } from './otp/otp.module.js';\n${module.replace('imports: [', '$&OtpModule, ')}`;
  const handlers = blocks.filter(({ title }) => title?.startsWith('src/otp/'));
  await app.paste([...handlers, { ...handlers[0], title: 'src/app.module.ts', code }]);
}

/** Texts of a folder's files by path, but for its packages. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = paths.map(async (path) => [path, await readFile(path, 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}
