import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidMessageError, InvalidReportError, PlivoRequestError } from '../../lib/index.js';
import { PlivoSandbox, SandboxFault } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';

const good = {
  verificationId: 'v',
  dst: '+14155550199',
  src: '14155550100',
  text: 'Your code is 471147',
};

describe('sending a message', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({ sandbox, options: { delivery: { timeout: 200 } } });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  it.each([
    ['verificationId', { verificationId: '' }],
    ['verificationId', { verificationId: 'x'.repeat(513) }],
    ['verificationId', { verificationId: 'half \ud83d a pair' }],
    ['dst', { dst: '12' }],
    ['dst', { dst: '14155550199<14155550124' }],
    ['dst', { dst: ['14155550199'] }],
    ['dst', { dst: undefined }],
    ['text', { text: '' }],
    ['text', { text: 471147 }],
    ['src', { src: undefined }],
    ['src', { powerpackUuid: '5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46' }],
    ['messageExpiry', { messageExpiry: 4 }],
    ['messageExpiry', { messageExpiry: 10_800 }],
    ['log', { log: 'sometimes' }],
    ['method', { method: 'PATCH' }],
    ['url', { url: 'javascript:alert(1)' }],
    ['callback_url', { callback_url: 'https://me.example' }],
    ['trackable', { trackable: false }],
  ])('is refused with its field named where %s is wrong: %p', async (field, wrong) => {
    const error = await app.feedback
      .send({ ...good, ...wrong } as never)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect((error as InvalidMessageError).faults.map((fault) => fault.field)).toContain(field);
    expect((error as Error).message).not.toMatch(/471147|4155550199/);
    expect(sandbox.requests).toEqual([]);
  });

  it('names all that is wrong at once', async () => {
    await expect(
      app.feedback.send({ ...good, text: '', log: 1, messageExpiry: 0 } as never),
    ).rejects.toThrow(/^3 fields of the message are invalid: .*`text`.*`log`.*`messageExpiry`/);
  });

  it.each<[string, SandboxFault, Partial<PlivoRequestError>]>([
    ['400', { status: 400 }, { status: 400, outcomeUnknown: false }],
    ['401', { status: 401 }, { status: 401, outcomeUnknown: false }],
    ['429', { status: 429 }, { status: 429, outcomeUnknown: false }],
    ['500', { status: 500 }, { status: 500, outcomeUnknown: true }],
    ['a cut connection', { reset: 'before' }, { status: undefined, outcomeUnknown: true }],
    ['silence', { hang: true }, { status: undefined, outcomeUnknown: true }],
    [
      'a 2xx that is no JSON',
      { status: 202, body: '<html>' },
      { status: 202, outcomeUnknown: true },
    ],
    [
      'a 2xx without message_uuid',
      { status: 202, body: '{"api_id":"a","message":"queued"}' },
      { status: 202, outcomeUnknown: true, apiId: 'a' },
    ],
    [
      'a message_uuid that is none',
      { status: 202, body: '{"api_id":"a","message_uuid":["../../x"]}' },
      { status: 202, outcomeUnknown: true },
    ],
  ])(
    'rejects after %s, says whether the SMS may have gone out, and sends nothing twice',
    async (_, fault, known) => {
      sandbox.fail({ ...fault, times: 1, on: 'message' });
      const error = await app.feedback.send(good).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(PlivoRequestError);
      expect(error).toMatchObject({ code: 'CONVERSION_FEEDBACK_PLIVO_REQUEST', ...known });
      expect((error as Error).message).toMatch(known.outcomeUnknown ? /unknown/ : /wasn't sent/);
      expect(sandbox.requests).toHaveLength(1);
      expect(await app.feedback.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
    },
  );

  it('says that nothing was sent where Plivo can’t be reached at all', async () => {
    await sandbox.down();
    await expect(app.feedback.send(good)).rejects.toMatchObject({ outcomeUnknown: false });
  });

  it('follows no redirect with the credentials', async () => {
    const elsewhere = await PlivoSandbox.start();
    sandbox.fail({ status: 307, headers: { location: elsewhere.url }, on: 'message' });
    await expect(app.feedback.send(good)).rejects.toMatchObject({ status: 307 });
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.stop();
  });
});

describe('tracking and reporting by hand', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({ sandbox });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';

  it.each([
    ['verificationId', ['', uuid]],
    ['messageUuid', ['v', '../conversion']],
    ['messageUuid', ['v', `${uuid}x`]],
    ['messageUuid', ['v', [uuid]]],
    ['sentAt', ['v', uuid, { sentAt: new Date(NaN) }]],
    ['sentAt', ['v', uuid, { sentAt: new Date('1969-12-31') }]],
    ['sentAt', ['v', uuid, { sentAt: '2026-01-01' }]],
    ['dst', ['v', uuid, { dst: 'nobody' }]],
  ])('refuses to track with a bad %s: %p', async (field, args) => {
    const error = await app.feedback
      .track(...(args as [string, string]))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect((error as InvalidMessageError).faults).toMatchObject([{ field }]);
  });

  it('refuses a message that belongs to another verification', async () => {
    await app.feedback.track('v', uuid);
    await expect(app.feedback.track('w', uuid)).rejects.toThrow(/belongs to another verification/);
  });

  it.each([
    ['status', ['v', 'MAYBE']],
    ['status', ['v', ['CONVERTED']]],
    ['timestamp', ['v', 'CONVERTED', { timestamp: new Date('+010000-01-01') }]],
    ['timestamp', ['v', 'CONVERTED', { timestamp: 1_700_000_000 }]],
    ['messageUuid', ['v', 'CONVERTED', { messageUuid: 'x' }]],
    ['verificationId', [{}, 'CONVERTED']],
  ])('refuses a report with a bad %s: %p', async (field, args) => {
    const error = await app.feedback
      .report(...(args as [string]))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidReportError);
    expect((error as InvalidReportError).faults).toMatchObject([{ field }]);
  });

  it('waits for the reports to be delivered', async () => {
    const { messageUuid } = await app.feedback.send(good);
    sandbox.fail({ delay: 100, on: 'conversion' });
    const [report] = await app.feedback.report('v');
    expect(report).toEqual({ messageUuid, status: 'CONVERTED', timestamp: expect.any(Date) });
    expect(await app.feedback.flush({ timeout: 1 })).toBe(false);
    expect(await app.feedback.flush()).toBe(true);
    expect(sandbox.conversions).toMatchObject([{ messageUuid, status: 'CONVERTED' }]);
  });

  it('tells all that happens as events, each with its type', async () => {
    const { messageUuid } = await app.feedback.send(good);
    await app.feedback.report('v');
    await app.feedback.report('nobody');
    await app.events.until('delivered');
    const types = app.events.all.map(({ type }) => type).sort();
    expect(types).toEqual(['delivered', 'recorded', 'tracked', 'unmatched']);
    expect(app.events.of('tracked')).toEqual([
      { type: 'tracked', messageUuid, verificationId: 'v' },
    ]);
    expect(app.events.of('delivered')).toMatchObject([
      { messageUuid, status: 'CONVERTED', attempts: 1 },
    ]);
  });
});
