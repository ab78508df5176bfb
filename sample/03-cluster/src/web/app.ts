import { INestApplication, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PlivoErrorFilter } from './plivo-error.filter.js';
import { WebEnvironment } from './web.environment.js';
import { WebModule } from './web.module.js';

/** A web instance, ready to listen. */
export async function createApp(environment: WebEnvironment): Promise<INestApplication> {
  const app = await NestFactory.create(WebModule.for(environment), { abortOnError: false });
  app.useGlobalPipes(
    new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
  );
  app.useGlobalFilters(new PlivoErrorFilter());
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  return app;
}
