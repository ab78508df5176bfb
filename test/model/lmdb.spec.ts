import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LmdbConversionStorage } from '../../lib/index.js';
import { tempFolder } from '../support/temp-folder.js';
import { InProcessSite, InProcessStore } from './in-process-site.js';
import { sequences, setUps } from './operations.js';
import { runSequence } from './run-sequence.js';
import { LOOK_OF_A_LOOP } from './site.js';
import { LONGEST, parameters, runs } from './size.js';

const count = runs(10_000, 60);
const PROCESSES = 3;
/** Longer than the term of a lease, in ms, and how often its holder renews it. */
const LEASE_OVER = 4_000;
const RENEWAL = 1_000;

/** The machine's time since its start, by which leases run: it can be moved on. */
let machineAhead = 0;

async function lmdbStore(): Promise<InProcessStore> {
  const { path, remove } = await tempFolder();
  return {
    make: () => {
      // A store that was left open is looked through by a process of its own, and the app waits.
      // Here it is as sound as its process was: the mark is taken away, which saves that time.
      for (const name of readdirSync(path)) {
        if (name.startsWith('in-use-')) rmSync(join(path, name));
      }
      return new LmdbConversionStorage({ path });
    },
    died: async (_, liveOn) => {
      for (let passed = 0; passed < LEASE_OVER; passed += RENEWAL) {
        machineAhead += RENEWAL;
        await liveOn();
      }
    },
    ended: async () => {},
    moment: async () => {},
    looksWithin: LOOK_OF_A_LOOP,
    discard: remove,
  };
}

describe('LmdbConversionStorage', () => {
  beforeAll(() => {
    // It stands still but where a sequence moves it: on a busy machine a lease would run out meanwhile.
    const begun = process.hrtime.bigint();
    jest
      .spyOn(process.hrtime, 'bigint')
      .mockImplementation(() => begun + BigInt(machineAhead) * 1_000_000n);
  });

  afterAll(() => {
    jest.restoreAllMocks();
  });

  it(
    `does what the model does, over ${count} sequences on ${PROCESSES} storages that close, crash and open again`,
    async () => {
      const property = fc.asyncProperty(
        setUps,
        sequences(PROCESSES, { mortal: true }),
        (setUp, operations) =>
          runSequence(
            async (_, connect) => new InProcessSite(await lmdbStore(), setUp, connect),
            setUp,
            operations,
          ),
      );
      await fc.assert(property, parameters(count));
    },
    LONGEST,
  );
});
