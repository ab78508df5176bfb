import { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, TestingModuleBuilder } from '@nestjs/testing';
import {
  ConversionFeedbackModule,
  ConversionFeedbackModuleOptions,
  ConversionFeedbackService,
  MemoryConversionStorage,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { EventLog } from './event-log.js';
import { LogLines } from './log-lines.js';

/** The HTTP platforms that Nest people run. */
export const platforms = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
};

export type Platform = keyof typeof platforms;

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly feedback: ConversionFeedbackService;
  readonly events: EventLog;
  readonly log: LogLines;
  post(path: string, body: unknown): Promise<Response>;
  close(): Promise<void>;
}

interface AppSetUp {
  readonly sandbox: PlivoSandbox;
  readonly platform?: Platform;
  readonly controllers?: Type[];
  readonly imports?: ModuleMetadata['imports'];
  readonly providers?: ModuleMetadata['providers'];
  readonly options?: Partial<ConversionFeedbackModuleOptions>;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  readonly configure?: (app: INestApplication) => unknown;
}

/** Boots a real app on a free port, against a sandbox, with the storage in memory unless told otherwise. */
export async function startApp(setUp: AppSetUp): Promise<RunningApp> {
  const {
    sandbox,
    platform = 'Express',
    imports = [],
    controllers,
    providers,
    options,
    override,
    configure,
  } = setUp;
  const log = new LogLines();
  const builder = Test.createTestingModule({
    imports: [
      ConversionFeedbackModule.forRoot({
        authId: sandbox.authId,
        authToken: sandbox.authToken,
        baseUrl: sandbox.url,
        storage: new MemoryConversionStorage(),
        ...options,
      }),
      ...imports,
    ],
    controllers,
    providers,
  }).setLogger(log);
  const module = await (override?.(builder) ?? builder).compile();
  const app = module.createNestApplication(platforms[platform](), { logger: log });
  await configure?.(app);
  const feedback = app.get(ConversionFeedbackService);
  const events = new EventLog();
  feedback.events$.subscribe(events.emit);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    url,
    feedback,
    events,
    log,
    post: (path, body) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    close: () => app.close(),
  };
}
