import { BullMQConversionStorage } from 'nestjs-conversion-feedback/bullmq';
import { Environment } from './environment.js';

/**
 * The storage in Redis that all processes are on: web instances record in it, workers deliver from it.
 * A queue of its own, since the worker would take another app's reports to this sample's account.
 */
export function sharedStorage({ REDIS_URL }: Environment): BullMQConversionStorage {
  return new BullMQConversionStorage({
    connection: { url: REDIS_URL },
    queueName: 'sample-cluster',
  });
}
