import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConversionStatus, LmdbConversionStorage } from '../../lib/index.js';
import { BullMQConversionStorage } from '../../lib/storage/bullmq/index.js';
import { PlivoSandbox, SandboxFault } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { settled } from '../support/clocks.js';
import { startRedis } from '../support/redis.js';
import { tempFolder } from '../support/temp-folder.js';
import { LONGEST, parameters, runs } from './size.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;
/** Ms after which the client leaves a request without an answer. */
const TIMEOUT = 150;

interface Race {
  /** What becomes of the request that says NOT_CONVERTED. */
  readonly fault: SandboxFault | undefined;
  /** When the user gets the code right. */
  readonly success: 'with it' | 'as it arrives' | 'as it ends';
  /** Turns of the event loop after that: the answer is read, noted and committed meanwhile. */
  readonly turns: number;
}

/** Whether the provider has NOT_CONVERTED before the success comes. */
const isLate = ({ fault, success }: Race): boolean =>
  success !== 'with it' &&
  (fault?.accept ?? (fault?.status === undefined && fault?.retryAfter === undefined)) &&
  fault?.reset !== 'before';

const delay = fc.integer({ min: 1, max: 25 });
const races: fc.Arbitrary<Race> = fc.record({
  fault: fc.oneof(
    fc.constant(undefined),
    fc.record({ delay }),
    // Cut once its body was taken and its report recorded, or before.
    fc.record({ reset: fc.constant('after' as const), delay }),
    fc.record({ reset: fc.constant('before' as const), delay }),
    // Recorded, and answered as if it weren't; or not at all.
    fc.record({ status: fc.constantFrom(500, 503), accept: fc.constant(true), delay }),
    fc.record({ hang: fc.constant(true), accept: fc.constant(true) }),
    fc.record({ status: fc.constantFrom(404, 500, 503) }),
    fc.record({ retryAfter: fc.constant(0) }),
  ),
  success: fc.constantFrom('with it', 'as it arrives', 'as it ends'),
  turns: fc.nat(12),
});

/** What a storage stands on, and how to be rid of that. */
const storages = {
  lmdb: async () => {
    const { path, remove } = await tempFolder();
    return { storage: new LmdbConversionStorage({ path }), remove };
  },
  bullmq: async () => {
    const redis = await startRedis();
    const storage = new BullMQConversionStorage({ connection: { port: redis.port } });
    return { storage, remove: () => redis.stop() };
  },
};

describe.each([
  { on: 'lmdb', count: runs(1_000, 100) },
  { on: 'bullmq', count: runs(1_000, 40) },
] as const)('A success that comes while NOT_CONVERTED is in flight, on $on', ({ on, count }) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const ground = await storages[on]();
    remove = ground.remove;
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      options: {
        storage: ground.storage,
        delivery: { timeout: TIMEOUT, backoff: { initial: 10, max: 50 }, rateLimit: false },
      },
    });
  }, 120_000);

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
    await remove();
  });

  /** Sends a message as an app does that has a client of its own: the module's is impatient here. */
  const send = async (): Promise<string> => {
    const { url, authId, authToken } = sandbox;
    const response = await fetch(`${url}/v1/Account/${authId}/Message/`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${authId}:${authToken}`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ src: '14155550100', dst: '14155550123', text: 'x', trackable: true }),
    });
    const { message_uuid } = (await response.json()) as { message_uuid: [string] };
    return message_uuid[0];
  };

  /** Runs a race, and returns what the provider recorded of the message. */
  const run = async (number: number, { fault, success, turns }: Race) => {
    const verificationId = `race-${number}`;
    const messageUuid = await send();
    await app.feedback.track(verificationId, messageUuid);
    const before = sandbox.requests.length;
    sandbox.clearFaults();
    if (fault) sandbox.fail({ ...fault, on: 'conversion' });

    await app.feedback.report(verificationId, NOT_CONVERTED);
    if (success === 'as it arrives') while (sandbox.requests.length === before) await settled();
    if (success === 'as it ends') await sandbox.waitForRequests(before + 1);
    for (let turn = 0; turn < turns; turn += 1) await settled();
    await app.feedback.report(verificationId, CONVERTED);

    await sandbox.waitForConversion(messageUuid, { status: CONVERTED });
    expect(await app.feedback.flush({ timeout: 5_000 })).toBe(true);
    return sandbox.conversions
      .filter((conversion) => conversion.messageUuid === messageUuid)
      .map(({ status }) => status);
  };

  it(
    `is the provider's last word, in ${count} races`,
    async () => {
      let number = 0;
      const property = fc.asyncProperty(races, async (race) => {
        // Over there the success may take its place before it is sent, and meet its fault.
        fc.pre(on === 'lmdb' || race.success !== 'with it' || race.fault?.status !== 404);
        const statuses = await run((number += 1), race);
        expect(statuses.at(-1)).toBe(CONVERTED);
        // Or else there was no race: such a success comes too late to take the other's place.
        if (isLate(race)) expect(statuses[0]).toBe(NOT_CONVERTED);
      });
      await fc.assert(property, parameters(count));
    },
    LONGEST,
  );
});
