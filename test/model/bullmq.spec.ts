import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis, startRedis } from '../support/redis.js';
import { InProcessSite } from './in-process-site.js';
import { sequences, setUps } from './operations.js';
import { redisStore } from './redis-store.js';
import { runSequence } from './run-sequence.js';
import { LONGEST, parameters, runs } from './size.js';

const count = runs(1_000, 20);
const PROCESSES = 3;

describe('BullMQConversionStorage', () => {
  let redis: Redis;
  let made = 0;

  beforeAll(async () => {
    redis = await startRedis();
  }, 120_000);

  afterAll(() => redis.stop());

  it(
    `does what the model does, over ${count} sequences on ${PROCESSES} storages that close, crash and open again`,
    async () => {
      const property = fc.asyncProperty(
        setUps,
        sequences(PROCESSES, { mortal: true }),
        (setUp, operations) =>
          runSequence(
            async (_, connect) => {
              const store = await redisStore(redis.port, `model-${(made += 1)}`);
              return new InProcessSite(store, setUp, connect);
            },
            setUp,
            operations,
          ),
      );
      await fc.assert(property, parameters(count));
    },
    LONGEST,
  );
});
