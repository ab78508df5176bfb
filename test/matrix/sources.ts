import { withoutJs } from '../support/consumer-app.js';
import type { CodeBlock } from '../support/readme.js';
import type { Cell } from './cells.js';

const APP_MODULE = `
import { Module } from '@nestjs/common';
import { ConversionFeedbackModule } from 'nestjs-conversion-feedback';
import { OtpModule } from './otp/otp.module.js';

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
export class AppModule {}
`;

const CREATE = {
  Express: 'NestFactory.create(AppModule)',
  Fastify: 'NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter())',
};

const FASTIFY = `
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
`;

const main = (http: Cell['http']): string => `
import { NestFactory } from '@nestjs/core';${http === 'Fastify' ? FASTIFY : ''}
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  const app = await ${CREATE[http]};
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
}
void bootstrap();
`;

/** The app's sources: the README's login, between a module and a main.ts of the cell's kind. */
export function sourcesOf(cell: Cell, readme: readonly CodeBlock[]): Record<string, string> {
  const titled = readme.flatMap(({ title, code }) => (title ? [[title, code] as const] : []));
  const login = titled.filter(([title]) => title.startsWith('src/otp/'));
  const test = titled.filter(([title]) => title.startsWith('test/'));
  const sources = {
    ...Object.fromEntries([...login, ...(cell.tests ? test : [])]),
    'src/app.module.ts': APP_MODULE,
    'src/main.ts': main(cell.http),
  };
  if (cell.app === 'ESM') return sources;
  return Object.fromEntries(
    Object.entries(sources).map(([path, source]) => [path, withoutJs(source)]),
  );
}
