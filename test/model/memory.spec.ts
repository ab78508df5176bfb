import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryConversionStorage } from '../../lib/index.js';
import { InProcessSite, InProcessStore } from './in-process-site.js';
import { sequences, setUps } from './operations.js';
import { runSequence } from './run-sequence.js';
import { LOOK_OF_A_LOOP } from './site.js';
import { LONGEST, parameters, runs } from './size.js';

const store: InProcessStore = {
  make: () => new MemoryConversionStorage(),
  died: async () => {},
  ended: async () => {},
  moment: async () => {},
  looksWithin: LOOK_OF_A_LOOP,
  discard: async () => {},
};

const count = runs(10_000, 1_000);

describe('MemoryConversionStorage', () => {
  it(
    `does what the model does, over ${count} sequences`,
    async () => {
      const property = fc.asyncProperty(
        setUps,
        sequences(1, { mortal: false }),
        (setUp, operations) =>
          runSequence(
            async (_, connect) => new InProcessSite(store, setUp, connect),
            setUp,
            operations,
          ),
      );
      await fc.assert(property, parameters(count));
    },
    LONGEST,
  );
});
