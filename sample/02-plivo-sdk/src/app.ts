import { INestApplication, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { Environment } from './environment.js';

/** The whole app, ready to listen: on a fixed port in main.ts, on a free one in a test. */
export async function createApp(environment: Environment): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.for(environment), { abortOnError: false });
  app.useGlobalPipes(
    new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
  );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  return app;
}
