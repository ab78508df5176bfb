export { BullMQConversionStorage } from './bullmq-conversion-storage.js';
export type { BullMQConversionStorageOptions, WhenAway } from './bullmq-options.js';
export type { RedisConnection } from './redis-connection.js';
