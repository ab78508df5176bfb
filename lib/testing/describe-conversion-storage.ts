import { Bench, StorageUnderTest } from './bench.js';
import { delivery } from './contract/delivery.js';
import { expiry } from './contract/expiry.js';
import { insights } from './contract/insights.js';
import { measuring } from './contract/measuring.js';
import { reports } from './contract/reports.js';
import { restarts } from './contract/restarts.js';
import { settling } from './contract/settling.js';
import { tracking } from './contract/tracking.js';
import { TestFunctions } from './test-functions.js';

/** What a storage doesn't promise, and how long its cases may take. */
export interface ContractSettings {
  /**
   * Whether the data outlive the storage object, so that one that `make` returns after another was
   * closed goes on with them. Default true; false leaves out what only holds then.
   */
  readonly durable?: boolean;
  /** Longest time in ms for a case, and for what comes before and after it. Default 30_000. */
  readonly timeout?: number;
}

const capabilities = {
  settling,
  tracking,
  expiry,
  'reports by message_uuid': reports,
  delivery,
  measuring,
  insights,
};

/**
 * Describes what every storage promises, to Jest or Vitest: the names of the cases are the rules.
 * @param name the storage's, for the report
 * @param prepare makes ready for a case: called before each, and must give it data of its own
 * @param functions the test runner's functions
 */
export function describeConversionStorage(
  name: string,
  prepare: () => Promise<StorageUnderTest>,
  functions: TestFunctions,
  { durable = true, timeout = 30_000 }: ContractSettings = {},
): void {
  const test = withTimeout(functions, timeout);
  const { describe, beforeEach, afterEach, it, expect } = test;
  const bench = new Bench();

  describe(`${name} keeps the storage contract`, () => {
    beforeEach(async () => bench.begin(await prepare()));
    afterEach(() => bench.end());

    for (const [capability, cases] of Object.entries(capabilities)) {
      describe(capability, () => cases(test, bench));
    }
    if (durable) describe('restarts', () => restarts(test, bench));

    it('refuses to work before it is open, with a StorageError that says so', async () => {
      const counted = bench.make().counts();
      await expect(counted).rejects.toThrow('The storage is not open');
      await expect(counted).rejects.toHaveProperty('code', 'CONVERSION_FEEDBACK_STORAGE');
    });
  });
}

/** The runner's own default may be too short for a storage on a network. */
function withTimeout(functions: TestFunctions, timeout: number): TestFunctions {
  return {
    describe: (name, define) => functions.describe(name, define),
    it: (name, run) => functions.it(name, run, timeout),
    beforeEach: (run) => functions.beforeEach(run, timeout),
    afterEach: (run) => functions.afterEach(run, timeout),
    expect: functions.expect,
  };
}
