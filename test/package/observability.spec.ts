import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../support/run.js';
import { ROOT, type Tarball, emptyPackage, install, pack } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';

const nestLines = [
  {
    nest: 12,
    packages: ['@nestjs/common@12', '@nestjs/core@12', '@nestjs/platform-express@12'],
    axios: '@nestjs/axios@12',
    terminus: '@nestjs/terminus@12',
  },
  {
    nest: 11,
    packages: ['@nestjs/common@11', '@nestjs/core@11', '@nestjs/platform-express@11'],
    axios: '@nestjs/axios@4',
    terminus: '@nestjs/terminus@11',
  },
];

/** A module with a health endpoint, in a program of its own, and what it prints. */
const APP = `
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { ConversionFeedbackModule, MemoryConversionStorage } from 'nestjs-conversion-feedback';
import { ConversionFeedbackHealthIndicator } from 'nestjs-conversion-feedback/terminus';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly conversionFeedback: ConversionFeedbackHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.conversionFeedback.isHealthy('plivo')]);
  }
}

@Module({
  imports: [
    TerminusModule,
    ConversionFeedbackModule.forRoot({
      authId: 'MAXX',
      authToken: 'token',
      storage: new MemoryConversionStorage(),
    }),
  ],
  controllers: [HealthController],
  providers: [ConversionFeedbackHealthIndicator],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const response = await fetch(\`\${await app.getUrl()}/health\`);
  console.log(JSON.stringify([response.status, await response.json()]));
  await app.close();
}

void main();
`;

/** An app whose SDK is registered by the API that it has itself; prints what was counted. */
const COUNTED = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createNoopMeter, metrics } from '@opentelemetry/api';
import { ConversionFeedbackModule, ConversionFeedbackService, MemoryConversionStorage } from 'nestjs-conversion-feedback';

const counted = [];
const meter = Object.create(createNoopMeter());
meter.createCounter = (name) => ({ add: (value) => value > 0 && counted.push([name, value]) });
metrics.setGlobalMeterProvider({ getMeter: () => meter });

class AppModule {}
Module({
  imports: [
    ConversionFeedbackModule.forRoot({
      authId: 'MAXX',
      authToken: 'token',
      storage: new MemoryConversionStorage(),
    }),
  ],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
await app.get(ConversionFeedbackService).track('v', 'db3ce55a-7f1d-11e1-8ea7-1231380bc196');
await app.close();
console.log(JSON.stringify(counted));
`;

let folder: Awaited<ReturnType<typeof tempFolder>>;
let tarball: Tarball;

beforeAll(async () => {
  folder = await tempFolder();
  tarball = await pack(folder.path);
}, 120_000);

afterAll(() => folder.remove());

describe.each(nestLines)('beside Nest $nest', ({ packages, axios, terminus }) => {
  let app: Awaited<ReturnType<typeof tempFolder>>;

  beforeAll(async () => {
    app = await tempFolder();
    await emptyPackage(app.path);
    await install(app.path, [tarball.path, ...packages, axios]);
  }, 300_000);

  afterAll(() => app.remove());

  const node = (...args: string[]) =>
    run(process.execPath, args, { cwd: app.path, timeout: 60_000 });

  it('the health indicator says which package is missing, and how to install it', async () => {
    const code = `import { ConversionFeedbackHealthIndicator } from 'nestjs-conversion-feedback/terminus';
    try { new ConversionFeedbackHealthIndicator() } catch (error) { console.log(error.message) }`;
    const { stdout } = await node('--input-type=module', '--eval', code);
    expect(stdout).toMatch(/^The package "@nestjs\/terminus" is missing: run `npm install/);
  });

  it(`the health indicator compiles and runs with ${terminus}`, async () => {
    await install(app.path, [terminus]);
    await writeFile(join(app.path, 'app.mts'), APP);
    const flags =
      '--module nodenext --target es2023 --strict --skipLibCheck --types node --experimentalDecorators --emitDecoratorMetadata';
    const typeRoots = ['--typeRoots', join(ROOT, 'node_modules/@types')];
    await run(join(ROOT, 'node_modules/.bin/tsc'), [...flags.split(' '), ...typeRoots, 'app.mts'], {
      cwd: app.path,
    });
    const { stdout } = await node('app.mjs');
    expect(JSON.parse(stdout)).toEqual([
      200,
      expect.objectContaining({ status: 'ok', details: { plivo: { status: 'up' } } }),
    ]);
  }, 300_000);

  // Another minor version of the API than ours, as an app with OpenTelemetry's SDK 3 has it.
  it.each(['1.10.0', '1.9.1'])(
    'an SDK that is registered by @opentelemetry/api %s is told what is counted',
    async (version) => {
      await install(app.path, [`@opentelemetry/api@${version}`]);
      const { stdout } = await node('--input-type=module', '--eval', COUNTED);
      expect(JSON.parse(stdout)).toEqual([['conversion_feedback.messages.tracked', 1]]);
    },
    300_000,
  );
});
