import { Logger } from '@nestjs/common';
import { createApp } from './app.js';
import { readEnvironment } from './environment.js';

const logger = new Logger('Main');

try {
  const environment = readEnvironment(process.env);
  const app = await createApp(environment);
  await app.listen(environment.PORT, environment.HOST);
  logger.log(`Listening on ${await app.getUrl()}`);
} catch (error) {
  logger.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
