import { type ConversionStorage, LmdbConversionStorage } from 'nestjs-conversion-feedback';
import { BullMQConversionStorage } from 'nestjs-conversion-feedback/bullmq';
import type { AppSettings } from '../harness/protocol.js';

/** The storage that the app is to run on. */
export function storageOf({ path, durability, redis }: AppSettings): ConversionStorage {
  if (redis === undefined) return new LmdbConversionStorage({ path, durability });
  return new BullMQConversionStorage({ connection: { host: '127.0.0.1', port: redis } });
}
