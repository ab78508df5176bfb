import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { ConversionStatus } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { ConsumerApp, type NestMajor } from '../support/consumer-app.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';
import { type CodeBlock, codeBlocks, packagesToInstall } from '../support/readme.js';
import { run } from '../support/run.js';
import { pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';

/** What a runner says when something is left open. */
const LEFTOVERS = /did not exit|open handle|did not complete|hanging|timed out|force exited/i;

const CLOSE = `
import { NestFactory } from '@nestjs/core';
import { AppModule } from './dist/app.module.js';
const app = await NestFactory.create(AppModule);
await app.listen(0);
await app.close();
console.log('closed');
`;

/** What must be the app's own: a second copy has other metadata, other tokens, other classes. */
const PEERS = [
  '@nestjs/axios',
  '@nestjs/common',
  '@nestjs/core',
  'axios',
  'class-transformer',
  'class-validator',
  'reflect-metadata',
  'rxjs',
];

/** Prints those of which the package would load another copy than the app. */
const SECOND_COPIES = `
import { createRequire } from 'node:module';
const app = createRequire(process.cwd() + '/package.json');
const ours = createRequire(app.resolve('nestjs-conversion-feedback'));
const differs = (name) => app.resolve(name) !== ours.resolve(name);
console.log(JSON.stringify(${JSON.stringify(PEERS)}.filter(differs)));
`;

describe.each<NestMajor>([12, 11])(
  'the README’s quick start, pasted in an app that Nest %d’s CLI made',
  (nest) => {
    let folder: Awaited<ReturnType<typeof tempFolder>>;
    let sandbox: PlivoSandbox;
    let app: ConsumerApp;
    let env: NodeJS.ProcessEnv;

    beforeAll(async () => {
      folder = await tempFolder();
      sandbox = await PlivoSandbox.start();
      env = {
        PLIVO_AUTH_ID: sandbox.authId,
        PLIVO_AUTH_TOKEN: sandbox.authToken,
        PLIVO_BASE_URL: sandbox.url,
      };
      const readme = await codeBlocks('README.md');
      const { path: tarball } = await pack(folder.path);
      app = await ConsumerApp.generate(nest, folder.path);
      const packages = packagesToInstall(readme, nest);
      await app.install(
        packages.map((name) => (name === 'nestjs-conversion-feedback' ? tarball : name)),
      );
      await app.paste([...readme, ...(await testingGuide(nest))]);
      await app.script('build', {});
    }, 600_000);

    afterAll(async () => {
      await sandbox?.stop();
      await folder?.remove();
    });

    it('passes the stock unit tests and leaves nothing open', async () => {
      const output = await app.script('test', env, ...flags(nest));
      expect(output).toMatch(/2 passed/);
      expect(output).not.toMatch(LEFTOVERS);
    }, 120_000);

    it('passes the stock e2e tests and leaves nothing open', async () => {
      const output = await app.script('test:e2e', env, ...flags(nest));
      expect(output).toMatch(/[89] passed/);
      expect(output).not.toMatch(LEFTOVERS);
    }, 120_000);

    it('loads no second copy of what is the app’s own', async () => {
      expect(JSON.parse(await app.evaluate(SECOND_COPIES))).toEqual([]);
    });

    it('logs a user in, and reports CONVERTED for the right code only', async () => {
      sandbox.reset();
      const { url, stop } = await app.start(env);
      try {
        const user = new OtpClient(url, sandbox);
        const { verificationId, code, messageUuid } = await user.send('14155550123');
        await user.verify(verificationId, wrongFor(code));
        const typedAt = Date.now();
        const { status } = await user.verify(verificationId, code);
        expect(status).toBeLessThan(300);

        const conversion = await sandbox.waitForConversion(messageUuid);
        expect(conversion.status).toBe(ConversionStatus.CONVERTED);
        expect(Date.parse(conversion.timestamp)).toBeGreaterThanOrEqual(typedAt - 1);
        expect(sandbox.conversions).toHaveLength(1);
      } finally {
        await stop();
      }
    }, 60_000);

    describe('and the storage of docs/storage.md', () => {
      const spec = (name: string) => app.script('test', env, name, ...flags(nest));

      beforeAll(async () => {
        const blocks = await codeBlocks('docs/storage.md');
        await app.paste(blocks.filter(({ title }) => title?.includes('logged-conversion-storage')));
        await app.paste([{ ...BROKEN_STORAGE, document: '', line: 0, language: 'ts' }]);
        await app.write('tsconfig.contract.json', JSON.stringify(TSCONFIG[nest]));
      });

      it('compiles with the types of the app’s runner', async () => {
        const tsc = join(app.path, 'node_modules/.bin/tsc');
        await run(tsc, ['--project', 'tsconfig.contract.json'], { cwd: app.path });
      }, 60_000);

      it('keeps the storage contract, and leaves nothing open', async () => {
        const output = await spec('logged-conversion-storage');
        expect(Number(/^ *Tests:? +(\d+) passed/m.exec(output)?.[1])).toBeGreaterThan(60);
        expect(output).not.toMatch(LEFTOVERS);
      }, 120_000);

      it('is told the rule that it breaks', async () => {
        const failure = await spec('broken-storage').then(String, String);
        const broken = /^ *(?:●|FAIL).* (?:›|>) (.*)$/gm;
        const rules = [...failure.matchAll(broken)].map(([, rule]) => rule);
        expect([...new Set(rules)].sort()).toEqual([
          'reports once when 64 requests settle the same verification at once',
          'reports once when a verification is settled twice',
        ]);
      }, 120_000);
    });

    it('lets the process end by itself once the app is closed', async () => {
      expect(await app.evaluate(CLOSE, env)).toMatch(/closed\n$/);
    }, 60_000);

    if (nest === 11) {
      it('gives Jest, in its default CommonJS mode, the CommonJS build', async () => {
        await app.write('src/build.spec.ts', WHICH_BUILD);
        expect(await app.script('test', env, 'build.spec')).toMatch(/1 passed/);
      }, 120_000);
    }
  },
);

const WHICH_BUILD = `
import { ConversionFeedbackModule } from 'nestjs-conversion-feedback';

it('is the CommonJS build', () => {
  expect(ConversionFeedbackModule.forRoot).toBeInstanceOf(Function);
  expect(require.resolve('nestjs-conversion-feedback')).toMatch(/dist.cjs.index\\.js$/);
  expect(require.resolve('nestjs-conversion-feedback/sandbox')).toMatch(/dist.cjs.sandbox.index\\.js$/);
});
`;

/** A storage that reports again what was settled before, and the contract that finds it out. */
const BROKEN_STORAGE = {
  title: 'src/broken-storage.spec.ts',
  code: `
import {
  ConversionReport,
  MemoryConversionStorage,
  VerificationOutcome,
} from 'nestjs-conversion-feedback';
import { describeConversionStorage } from 'nestjs-conversion-feedback/testing';

class BrokenStorage extends MemoryConversionStorage {
  private readonly before = new Map<string, ConversionReport[]>();

  override async settle(outcome: VerificationOutcome) {
    const settlement = await super.settle(outcome);
    const key = outcome.verificationId + outcome.status;
    if (settlement.reports.length > 0) this.before.set(key, settlement.reports);
    return { ...settlement, reports: this.before.get(key) ?? [] };
  }
}

describeConversionStorage(
  'BrokenStorage',
  async () => ({ make: () => new BrokenStorage(), discard: async () => {} }),
  { describe, it, beforeEach, afterEach, expect },
  { durable: false },
);
`,
};

/** Strict, our typings included, with the types of the runner alone. */
const TSCONFIG = Object.fromEntries(
  Object.entries({ 11: 'jest', 12: 'vitest/globals' }).map(([nest, runner]) => [
    nest,
    {
      extends: './tsconfig.json',
      compilerOptions: { noEmit: true, incremental: false, strict: true, types: ['node', runner] },
      include: ['src/*storage.spec.ts'],
    },
  ]),
);

/** The blocks of docs/testing.md, as it says that the runner of such an app takes them. */
async function testingGuide(nest: NestMajor): Promise<CodeBlock[]> {
  const others = nest === 11 ? '.vitest.' : '.jest.';
  const blocks = (await codeBlocks('docs/testing.md')).filter(
    ({ title }) => !title?.includes(others),
  );
  if (nest === 11) return blocks;
  return blocks.map((block) => ({ ...block, code: block.code.replaceAll(/\bjest\./g, 'vi.') }));
}

/** Vitest needs no flag: it ends its workers itself, and says so where one hangs. */
function flags(nest: NestMajor): string[] {
  return nest === 11 ? ['--detectOpenHandles'] : [];
}
