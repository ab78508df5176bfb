import { BullMQConversionStorage } from 'nestjs-conversion-feedback/bullmq';
import { Environment } from './environment.js';

/** The storage that all processes are on: web instances record in it, workers deliver from it. */
export function sharedStorage({ REDIS_URL }: Environment): BullMQConversionStorage {
  return new BullMQConversionStorage({
    connection: { url: REDIS_URL },
    // Of its own: the worker would take another app's reports to this sample's account.
    queueName: 'sample-cluster',
    // Without Redis there are no codes either, and nothing to deliver: nobody is of use before.
    whenAway: 'wait',
  });
}
