import { afterAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { tempFolder } from '../support/temp-folder.js';
import { sequences, setUps } from './operations.js';
import { ProcessPool, ProcessSite } from './process-site.js';
import { runSequence } from './run-sequence.js';
import { LONGEST, parameters, runs } from './size.js';

const count = runs(300, 8);
const PROCESSES = 3;

describe('Processes on one lmdb store', () => {
  const pool = new ProcessPool();

  afterAll(() => pool.end());

  it(
    `do what the model does, over ${count} sequences in which up to ${PROCESSES} of them end in order, are killed and start again`,
    async () => {
      const property = fc.asyncProperty(
        setUps,
        sequences(PROCESSES, { mortal: true }),
        (setUp, operations) =>
          runSequence(
            async (_, connect) => new ProcessSite(pool, await tempFolder(), setUp, connect),
            setUp,
            operations,
          ),
      );
      await fc.assert(property, parameters(count));
    },
    LONGEST,
  );
});
