import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox, type PlivoSandboxOptions } from '../../../lib/sandbox/index.js';
import { OTP, report, REPORT, sent } from './client.js';

describe('reporting a conversion to the sandbox', () => {
  let sandbox: PlivoSandbox;
  const start = async (options?: PlivoSandboxOptions) => {
    await sandbox?.stop();
    sandbox = await PlivoSandbox.start(options);
  };
  beforeEach(() => start());
  afterEach(() => sandbox.stop());

  it('answers as Plivo documents', async () => {
    const messageUuid = await sent(sandbox);

    const { status, json } = await report(sandbox, messageUuid);

    expect(status).toBe(200);
    expect(json).toEqual({
      api_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      conversion_uuid: `conv-${messageUuid}`,
      message: 'successfully recorded.',
      message_uuid: messageUuid,
    });
  });

  it('keeps the timestamp exactly as it was on the wire', async () => {
    const messageUuid = await sent(sandbox);

    await report(sandbox, messageUuid, { ...REPORT, timestamp: '2023-02-09T10:00:43.5110+01:00' });

    expect(sandbox.conversions).toEqual([
      {
        messageUuid,
        conversionUuid: `conv-${messageUuid}`,
        status: 'CONVERTED',
        timestamp: '2023-02-09T10:00:43.5110+01:00',
        receivedAt: expect.any(Date),
        attempt: 1,
      },
    ]);
    expect(sandbox.messages[0].conversion).toEqual(sandbox.conversions[0]);
  });

  it('lets the last word count, and keeps the history', async () => {
    const messageUuid = await sent(sandbox);
    await report(sandbox, messageUuid, { ...REPORT, status: 'NOT_CONVERTED' });
    await report(sandbox, messageUuid, REPORT);

    const [message] = sandbox.messages;
    expect(message.conversion).toMatchObject({ status: 'CONVERTED', attempt: 2 });
    expect(message.conversions.map(({ status }) => status)).toEqual(['NOT_CONVERTED', 'CONVERTED']);
    expect(sandbox.conversions).toHaveLength(2);
  });

  it.each(['CONVERTED', 'NOT_CONVERTED', 'CONVERTED_WITH_OTHERS'])('takes %s', async (status) => {
    const messageUuid = await sent(sandbox);

    expect((await report(sandbox, messageUuid, { ...REPORT, status })).status).toBe(200);
  });

  it.each([
    '2020-08-01T11:32:26Z',
    '2023-02-09T09:00:43.511Z',
    '2020-08-01T11:32Z',
    '2020-08-01T11:32:26+05:30',
    '2024-02-29T00:00:00Z',
  ])('takes the timestamp %s', async (timestamp) => {
    const messageUuid = await sent(sandbox);

    expect((await report(sandbox, messageUuid, { ...REPORT, timestamp })).status).toBe(200);
  });

  it.each([
    ['no status', { status: undefined }, /status must be one of CONVERTED, NOT_CONVERTED/],
    ['an unknown status', { status: 'converted' }, /status must be one of/],
    ['no timestamp', { timestamp: undefined }, /timestamp/],
    ['a timestamp without zone', { timestamp: '2020-08-01T11:32:26' }, /W3C/],
    ['a timestamp without T', { timestamp: '2020-08-01 11:32:26Z' }, /W3C/],
    ['a date alone', { timestamp: '2020-08-01' }, /W3C/],
    ['a day that never was', { timestamp: '2023-02-30T11:32:26Z' }, /calendar/],
    ['the hour 24', { timestamp: '2020-08-01T24:00:00Z' }, /W3C/],
    ['a number', { timestamp: 1596281546000 }, /W3C/],
  ])('refuses %s and says why', async (_, change, reason) => {
    const messageUuid = await sent(sandbox);

    const { status, json } = await report(sandbox, messageUuid, { ...REPORT, ...change });

    expect(status).toBe(400);
    expect(json).toEqual({ api_id: expect.any(String), error: expect.stringMatching(reason) });
    expect(sandbox.conversions).toEqual([]);
  });

  describe("where Plivo's documentation is silent", () => {
    const UNKNOWN = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';

    it('answers 404 for an unknown message, by default', async () => {
      const { status, json } = await report(sandbox, UNKNOWN);

      expect(status).toBe(404);
      expect(json.error).toContain('not found');
      expect(sandbox.conversions).toEqual([]);
    });

    it('records a report on an unknown message where told so', async () => {
      await start({ unknownMessage: 200 });

      expect((await report(sandbox, UNKNOWN)).status).toBe(200);
      expect((await report(sandbox, UNKNOWN)).status).toBe(200);
      expect(sandbox.conversions.map(({ messageUuid, attempt }) => [messageUuid, attempt])).toEqual(
        [
          [UNKNOWN, 1],
          [UNKNOWN, 2],
        ],
      );
    });

    it("answers 400 for a message that wasn't trackable, by default", async () => {
      const messageUuid = await sent(sandbox, { ...OTP, trackable: false });

      const { status, json } = await report(sandbox, messageUuid);

      expect(status).toBe(400);
      expect(json.error).toContain('trackable');
      expect(sandbox.messages[0].conversion).toBeUndefined();
    });

    it("records a report on a message that wasn't trackable where told so", async () => {
      await start({ untrackableMessage: 200 });
      const messageUuid = await sent(sandbox, { ...OTP, trackable: false });

      expect((await report(sandbox, messageUuid)).status).toBe(200);
    });

    it('refuses a repeated report where told so', async () => {
      await start({ repeatedConversion: 409 });
      const messageUuid = await sent(sandbox);

      expect((await report(sandbox, messageUuid)).status).toBe(200);
      expect((await report(sandbox, messageUuid)).status).toBe(409);
      expect(sandbox.conversions).toHaveLength(1);
    });

    it.each([201, 202, 204] as const)('answers %i to a report where told so', async (status) => {
      await start({ conversionRecorded: status });

      expect((await report(sandbox, await sent(sandbox))).status).toBe(status);
      expect(sandbox.conversions).toHaveLength(1);
    });
  });
});
