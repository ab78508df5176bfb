import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryConversionStorage } from '../../../lib/index.js';
import { describeConversionStorage } from '../../../lib/testing/index.js';

describeConversionStorage(
  'MemoryConversionStorage',
  async () => ({
    make: () => new MemoryConversionStorage(),
    discard: async () => {},
  }),
  { describe, it, beforeEach, afterEach, expect },
  { durable: false },
);
