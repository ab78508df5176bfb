import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Environment, readEnvironment } from '../environment.js';
import { WorkerModule } from './worker.module.js';

const logger = new Logger('Worker');

try {
  const environment = readEnvironment(Environment, process.env);
  const worker = await NestFactory.createApplicationContext(WorkerModule.for(environment), {
    abortOnError: false,
  });
  worker.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  logger.log('Delivering');
} catch (error) {
  logger.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
