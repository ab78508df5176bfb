import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ConversionFeedbackService,
  ConversionStatus,
  InvalidMessageError,
  InvalidOptionsError,
  InvalidReportError,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import {
  Given,
  HALF_A_PAIR,
  TEN_MEGABYTES,
  anyText,
  anything,
  carriedText,
  made,
  noMoment,
  noText,
} from '../support/hostile.js';

const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';
const { CONVERTED } = ConversionStatus;

/** A call of the service with one argument that can't be, the field it is, and the error it must be. */
interface Call {
  readonly field: string;
  readonly hostile: fc.Arbitrary<Given>;
  readonly error: new (faults: never) => Error;
  readonly call: (feedback: ConversionFeedbackService, value: never) => Promise<unknown>;
}

/** Not undefined: that is an argument left out. */
const given = (arbitrary: fc.Arbitrary<Given>) =>
  arbitrary.filter((each) => 'trap' in each || each.value !== undefined);
const texts = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((value) => ({ value }));

const noId = given(fc.oneof(noText(), texts(fc.constantFrom('', HALF_A_PAIR, 'x'.repeat(513)))));
const noName = given(fc.oneof(noText(), texts(anyText())));
const noObject = given(
  fc.oneof(
    texts(anyText()),
    fc.constantFrom<Given>(
      { value: null },
      { value: 1 },
      { value: [] },
      { value: { timestmp: new Date() } },
      { trap: 'a Proxy at which nothing can be done' },
      { trap: 'a revoked Proxy' },
      { trap: 'a getter that throws' },
      { trap: 'a toStringTag that throws' },
      { trap: 'keys of the prototype' },
      { trap: 'a Map' },
      { trap: 'a function' },
    ),
  ),
);
/** Null is an option left out. */
const noOption = (arbitrary: fc.Arbitrary<Given>) =>
  arbitrary.filter((each) => !('value' in each) || each.value !== null);
const noCount = given(
  anything().filter(
    (each) => 'trap' in each || !(Number.isInteger(each.value) && (each.value as number) >= 0),
  ),
);
const noTime = given(
  anything().filter(
    (each) => 'trap' in each || !(typeof each.value === 'number' && each.value >= 0),
  ),
);

const CALLS: Record<string, Call> = {
  'track(value, uuid)': {
    field: 'verificationId',
    hostile: noId,
    error: InvalidMessageError,
    call: (feedback, value) => feedback.track(value, uuid),
  },
  'track(id, value)': {
    field: 'messageUuid',
    hostile: noName,
    error: InvalidMessageError,
    call: (feedback, value) => feedback.track('v', value),
  },
  'track(id, uuid, value)': {
    field: '',
    hostile: noObject,
    error: InvalidMessageError,
    call: (feedback, value) => feedback.track('v', uuid, value),
  },
  'track(id, uuid, { sentAt: value })': {
    field: 'sentAt',
    hostile: noOption(given(noMoment())),
    error: InvalidMessageError,
    call: (feedback, value) => feedback.track('v', uuid, { sentAt: value }),
  },
  'track(id, uuid, { dst: value })': {
    field: 'dst',
    hostile: noOption(given(noText())),
    error: InvalidMessageError,
    call: (feedback, value) => feedback.track('v', uuid, { dst: value }),
  },
  'report(value)': {
    field: 'verificationId',
    hostile: noId,
    error: InvalidReportError,
    call: (feedback, value) => feedback.report(value),
  },
  'report(id, value)': {
    field: 'status',
    hostile: noName,
    error: InvalidReportError,
    call: (feedback, value) => feedback.report('v', value),
  },
  'report(id, status, value)': {
    field: '',
    hostile: noObject,
    error: InvalidReportError,
    call: (feedback, value) => feedback.report('v', CONVERTED, value),
  },
  'report(id, status, { timestamp: value })': {
    field: 'timestamp',
    hostile: given(noMoment()),
    error: InvalidReportError,
    call: (feedback, value) => feedback.report('v', CONVERTED, { timestamp: value }),
  },
  'report(id, status, { messageUuid: value })': {
    field: 'messageUuid',
    hostile: noOption(noName),
    error: InvalidReportError,
    call: (feedback, value) => feedback.report('v', CONVERTED, { messageUuid: value }),
  },
  'reportMessage(value, status)': {
    field: 'messageUuid',
    hostile: noName,
    error: InvalidReportError,
    call: (feedback, value) => feedback.reportMessage(value, CONVERTED),
  },
  'reportMessage(uuid, value)': {
    field: 'status',
    hostile: noName,
    error: InvalidReportError,
    call: (feedback, value) => feedback.reportMessage(uuid, value),
  },
  'reportMessage(uuid, status, value)': {
    field: '',
    hostile: noObject,
    error: InvalidReportError,
    call: (feedback, value) => feedback.reportMessage(uuid, CONVERTED, value),
  },
  'reportMessage(uuid, status, { timestamp: value })': {
    field: 'timestamp',
    hostile: given(noMoment()),
    error: InvalidReportError,
    call: (feedback, value) => feedback.reportMessage(uuid, CONVERTED, { timestamp: value }),
  },
  'failed(value)': {
    field: '',
    hostile: noObject,
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.failed(value),
  },
  'failed({ limit: value })': {
    field: 'limit',
    hostile: noCount,
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.failed({ limit: value }),
  },
  'retryFailed(value)': {
    field: 'messageUuid',
    hostile: noName,
    error: InvalidReportError,
    call: (feedback, value) => feedback.retryFailed(value),
  },
  'flush({ timeout: value })': {
    field: 'timeout',
    hostile: noTime,
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.flush({ timeout: value }),
  },
  'insights(value)': {
    field: '',
    hostile: noObject,
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.insights(value),
  },
  'insights({ from: value })': {
    field: 'from',
    hostile: given(noMoment()),
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.insights({ from: value }),
  },
  'insights({ to: value })': {
    field: 'to',
    hostile: given(noMoment()),
    error: InvalidOptionsError,
    call: (feedback, value) => feedback.insights({ to: value }),
  },
};

interface Faulty extends Error {
  readonly faults: readonly { readonly field: string }[];
}

describe('the service, whatever it is called with,', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({ sandbox });
  });

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
  });

  it.each(Object.entries(CALLS))(
    'refuses %s where that can’t be, with the field named, and records nothing',
    async (_, { field, hostile, error, call }) => {
      const before = await app.feedback.counts();
      await fc.assert(
        fc.asyncProperty(hostile, async (value) => {
          const refused = await call(app.feedback, made(value) as never).then(
            () => undefined,
            (caught: unknown) => caught as Faulty,
          );
          expect(refused).toBeInstanceOf(error);
          const fields = refused!.faults.map((fault) => fault.field);
          if (field) expect(fields).toContain(field);
          else expect(fields.every((name) => name !== '')).toBe(true);
        }),
        { numRuns: 100 },
      );
      expect(await app.feedback.counts()).toEqual(before);
      expect(sandbox.requests).toEqual([]);
    },
  );

  it('refuses 10 MB in any place within a second', async () => {
    for (const { call, error } of Object.values(CALLS)) {
      const started = performance.now();
      const refused = await call(app.feedback, TEN_MEGABYTES as never).catch(
        (caught: unknown) => caught as Error,
      );
      expect(refused).toBeInstanceOf(error);
      expect((refused as Error).message.length).toBeLessThan(1_000);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it('repeats no number where two arguments are mixed up', async () => {
    const number = '+14155550177';
    const mixedUp = [
      app.feedback.track(uuid, number),
      app.feedback.report('CONVERTED', number as never),
      app.feedback.reportMessage(number, CONVERTED),
      app.feedback.retryFailed(number),
      app.feedback.send({
        verificationId: 'v',
        dst: '1',
        text: '',
        powerpackUuid: number.repeat(9),
      }),
    ];
    for (const call of mixedUp) {
      const error: unknown = await call.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).not.toContain('14155550177');
    }
  });

  it('reports the moment it was given, though the app changes its Date at once', async () => {
    const timestamp = new Date('2026-08-01T11:32:26.000Z');
    const report = app.feedback.reportMessage(uuid, CONVERTED, { timestamp });
    timestamp.setTime(NaN);
    expect(await report).toMatchObject({ timestamp: new Date('2026-08-01T11:32:26.000Z') });
  });
});

describe('what the service takes', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start({ unknownMessage: 200 });
    app = await startApp({ sandbox, options: { delivery: { rateLimit: false } } });
  });

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
  });

  it('arrives as it was given: text, sender and all that goes with a message', async () => {
    const message = fc.record(
      {
        verificationId: carriedText(1, 512),
        text: carriedText(1, 1_600),
        src: carriedText(1, 10).map((text) => `A${text}`),
        log: fc.constantFrom(true, false, 'content_only' as const, 'number_only' as const),
        messageExpiry: fc.integer({ min: 5, max: 10_799 }),
        dltEntityId: carriedText(1, 64),
        dltTemplateId: carriedText(1, 64),
        dltTemplateCategory: carriedText(1, 64),
      },
      { requiredKeys: ['verificationId', 'text', 'src'] },
    );
    const receiver = fc.constantFrom('+1 (415) 555-0199', '14155550199', '1.415.555.0199');
    await fc.assert(
      fc.asyncProperty(message, receiver, async (given, dst) => {
        const { messageUuid } = await app.feedback.send({ ...given, dst });
        const { verificationId, ...carried } = given;
        expect(sandbox.messages.at(-1)).toMatchObject({
          log: true,
          ...carried,
          messageUuid,
          dst: '14155550199',
          trackable: true,
        });
        expect(app.events.of('tracked').at(-1)).toMatchObject({ verificationId, messageUuid });
        // No two ids are taken for one another.
        expect(await app.feedback.report(`${verificationId.slice(0, 500)}'`)).toEqual([]);
        expect(await app.feedback.report(verificationId)).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('arrives as it was given: the status and the moment of a report, from 1970 to 9999', async () => {
    const moment = fc.date({
      noInvalidDate: true,
      min: new Date(0),
      max: new Date('9999-12-31T23:59:59.999Z'),
    });
    const status = fc.constantFrom(...Object.values(ConversionStatus));
    await fc.assert(
      fc.asyncProperty(fc.uuid(), status, moment, async (messageUuid, status, timestamp) => {
        await app.feedback.reportMessage(messageUuid, status, { timestamp });
        expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({
          status,
          timestamp: timestamp.toISOString(),
        });
      }),
      { numRuns: 60 },
    );
  });
});
