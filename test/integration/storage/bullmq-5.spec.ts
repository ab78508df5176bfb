import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { describeConversionStorage } from '../../../lib/testing/index.js';
import { Redis, startRedis } from '../../support/redis.js';

jest.unstable_mockModule('bullmq', () => import('bullmq-5'));
const { BullMQConversionStorage } = await import('../../../lib/storage/bullmq/index.js');

let redis: Redis;
let made = 0;

beforeAll(async () => {
  redis = await startRedis();
}, 120_000);

afterAll(() => redis.stop());

describeConversionStorage(
  'BullMQConversionStorage on BullMQ 5',
  async () => {
    made += 1;
    const queueName = `contract-${made}`;
    const connection = { host: '127.0.0.1', port: redis.port };
    return {
      make: () => new BullMQConversionStorage({ connection, queueName }),
      discard: async () => {},
    };
  },
  { describe, it, beforeEach, afterEach, expect },
);
