import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { codeBlocks } from '../support/readme.js';
import { startApp } from '../support/start-app.js';
import { emptyPackage, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { pnpm } from './kits.js';
import { environmentOf, logIn } from './log-in.js';

const PEERS = ['class-transformer', 'class-validator', 'reflect-metadata', 'rxjs', 'axios'];

/** The login as a package of the workspace: it brings Nest along, in another version than the apps. */
const OTP_INDEX = `
export { ConversionFeedbackModule } from 'nestjs-conversion-feedback';
export { OtpModule } from './otp/otp.module.js';
`;

const main = (from: string): string => `
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OtpModule } from 'otp';
import { ConversionFeedbackModule } from '${from}';

@Module({
  imports: [
    ConversionFeedbackModule.forRoot({
      authId: process.env.PLIVO_AUTH_ID!,
      authToken: process.env.PLIVO_AUTH_TOKEN!,
      baseUrl: process.env.PLIVO_BASE_URL,
    }),
    OtpModule,
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
await app.listen(process.env.PORT!, '127.0.0.1');
`;

describe('a pnpm workspace whose login is a package with another version of Nest than the app', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let sandbox: PlivoSandbox;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await tempFolder();
    sandbox = await PlivoSandbox.start();
    env = environmentOf(sandbox);
    const { path: tarball } = await pack(folder.path);
    const ours = { 'nestjs-conversion-feedback': `file:${tarball}` };
    const readme = await codeBlocks('README.md');
    const login = readme.filter(({ title }) => title?.startsWith('src/otp/'));

    await emptyPackage(folder.path);
    await write('pnpm-workspace.yaml', 'packages:\n  - apps/*\n  - packages/*\n');
    await writePackage('packages/otp', { ...nest('12.5.0'), ...ours }, OTP_INDEX, 'index');
    for (const { title, code } of login)
      await write(`packages/otp/${title!.replace('src/', '').replace('.ts', '.js')}`, toJs(code));
    const app = { ...nest('12.5.1'), '@nestjs/platform-express': '12.5.1', otp: 'workspace:*' };
    await writePackage('apps/nest-twice', app, main('otp'));
    await writePackage('apps/ours-twice', { ...app, ...ours }, main('nestjs-conversion-feedback'));
    await pnpm(folder.path, 'install');
  }, 300_000);

  afterAll(async () => {
    await sandbox?.stop();
    await folder?.remove();
  });

  it('reports conversions all the same, and says that @nestjs/core is there twice', async () => {
    const app = await start('apps/nest-twice');
    try {
      await logIn(app.url, sandbox);
    } finally {
      await app.stop();
    }
    expect(app.output()).toMatch(/Two copies of @nestjs\/core are installed/);
  }, 120_000);

  it('doesn’t start where this package is there twice, and says what to do', async () => {
    await expect(start('apps/ours-twice')).rejects.toThrow(
      /nestjs-conversion-feedback is loaded twice/,
    );
  }, 120_000);

  const start = (app: string) => startApp({ cwd: join(folder.path, app), entry: 'main.js', env });

  async function writePackage(
    path: string,
    dependencies: Record<string, string>,
    source: string,
    entry = 'main',
  ): Promise<void> {
    const [, name] = path.split('/');
    const manifest = { name, type: 'module', exports: `./${entry}.js`, dependencies };
    await write(`${path}/package.json`, JSON.stringify(manifest));
    await write(`${path}/${entry}.js`, toJs(source));
  }

  async function write(path: string, content: string): Promise<void> {
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
});

function nest(version: string): Record<string, string> {
  const peers = Object.fromEntries(PEERS.map((name) => [name, '*']));
  return { '@nestjs/common': '12.5.1', '@nestjs/core': version, '@nestjs/axios': '12', ...peers };
}

function toJs(source: string): string {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
