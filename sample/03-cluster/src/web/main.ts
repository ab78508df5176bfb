import { Logger } from '@nestjs/common';
import { readEnvironment } from '../environment.js';
import { createApp } from './app.js';
import { WebEnvironment } from './web.environment.js';

const logger = new Logger('Web');

try {
  const environment = readEnvironment(WebEnvironment, process.env);
  const app = await createApp(environment);
  await app.listen(environment.PORT, environment.HOST);
  logger.log(`Listening on ${await app.getUrl()}`);
} catch (error) {
  logger.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
