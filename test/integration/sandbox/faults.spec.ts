import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox, type SandboxFault } from '../../../lib/sandbox/index.js';
import { OTP, report, send, sent } from './client.js';

describe('faults of the sandbox', () => {
  let sandbox: PlivoSandbox;
  let uuid: string;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    uuid = await sent(sandbox);
  });
  afterEach(() => sandbox.stop());

  it('hit as many requests as they were told, and no more', async () => {
    sandbox.fail({ status: 503, times: 3 });

    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await report(sandbox, uuid)).status);

    expect(statuses).toEqual([503, 503, 503, 200, 200]);
    expect(sandbox.conversions).toHaveLength(2);
    expect(sandbox.faults).toEqual([]);
  });

  it('answer with the documented form of an error', async () => {
    sandbox.fail({ status: 500 });

    const { json } = await report(sandbox, uuid);

    expect(json).toEqual({ api_id: expect.any(String), error: expect.any(String) });
  });

  it('queue up', async () => {
    sandbox.fail({ status: 500 });
    sandbox.fail({ status: 502, times: 2 });

    expect(sandbox.faults).toEqual([
      { status: 500, remaining: 1 },
      { status: 502, remaining: 2 },
    ]);
    expect((await report(sandbox, uuid)).status).toBe(500);
    expect((await report(sandbox, uuid)).status).toBe(502);
    expect(sandbox.faults).toEqual([{ status: 502, remaining: 1 }]);
  });

  it('go on until cleared with times: Infinity', async () => {
    sandbox.fail({ status: 503, times: Infinity });

    expect((await report(sandbox, uuid)).status).toBe(503);
    expect((await report(sandbox, uuid)).status).toBe(503);
    expect(sandbox.faults).toEqual([{ status: 503, remaining: null }]);
    sandbox.clearFaults();
    expect((await report(sandbox, uuid)).status).toBe(200);
  });

  it('hit only messages, or only conversions, where told so', async () => {
    sandbox.fail({ status: 503, on: 'conversion' });
    sandbox.fail({ status: 500, on: 'message' });

    expect((await send(sandbox)).status).toBe(500);
    expect((await send(sandbox)).status).toBe(202);
    expect((await report(sandbox, uuid)).status).toBe(503);
  });

  it.each([
    [30, '30'],
    ['Sun, 06 Nov 2033 08:49:37 GMT', 'Sun, 06 Nov 2033 08:49:37 GMT'],
    ['soon', 'soon'],
  ])('answer 429 with Retry-After %p', async (retryAfter, header) => {
    sandbox.fail({ retryAfter });

    const { status, headers } = await report(sandbox, uuid);

    expect(status).toBe(429);
    expect(headers['retry-after']).toBe(header);
  });

  it('answer another status with Retry-After where told so', async () => {
    sandbox.fail({ status: 503, retryAfter: 1 });

    const { status, headers } = await report(sandbox, uuid);

    expect([status, headers['retry-after']]).toEqual([503, '1']);
  });

  it('answer an HTML page with 200, and carry nothing out', async () => {
    sandbox.fail({ body: '<html>gateway</html>', times: 2 });

    const { status, headers, text } = await report(sandbox, uuid);
    await send(sandbox);

    expect([status, headers['content-type'], text]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<html>gateway</html>',
    ]);
    expect(sandbox.conversions).toEqual([]);
    expect(sandbox.messages).toHaveLength(1);
  });

  it('answer nothing at all, with any status', async () => {
    sandbox.fail({ body: '', status: 502 });

    expect(await report(sandbox, uuid)).toMatchObject({ status: 502, text: '' });
  });

  it('add headers, so that a redirect can be tried', async () => {
    sandbox.fail({ status: 302, headers: { Location: 'http://127.0.0.1:1/' } });

    const { status, headers } = await report(sandbox, uuid);

    expect([status, headers.location]).toEqual([302, 'http://127.0.0.1:1/']);
  });

  it('answer late: the report is in, the client gave up', async () => {
    sandbox.fail({ delay: 60_000 });

    const impatient = report(sandbox, uuid, undefined, { timeout: 100 });
    await sandbox.waitForConversion(uuid);

    expect((await impatient).errorCode).toBe('CLIENT_TIMEOUT');
    const [, request] = await sandbox.waitForRequests(2);
    expect(request.status).toBeUndefined();
  });

  it('answer late, after the delay and not before', async () => {
    sandbox.fail({ delay: 50 });
    sandbox.fail({ delay: 50, status: 503 });

    expect((await report(sandbox, uuid)).status).toBe(200);
    expect((await report(sandbox, uuid)).status).toBe(503);
    const [, late, lateFault] = sandbox.requests;
    for (const { receivedAt, answeredAt } of [late, lateFault]) {
      expect(answeredAt!.getTime() - receivedAt.getTime()).toBeGreaterThanOrEqual(49);
    }
  });

  it('cut the connection before the body is taken', async () => {
    sandbox.fail({ reset: 'before' });

    const { errorCode } = await report(sandbox, uuid);

    expect(errorCode).toBe('ECONNRESET');
    expect(sandbox.conversions).toEqual([]);
    const [, request] = await sandbox.waitForRequests(2);
    expect(request.body).toBe('');
  });

  it('cut the connection before the body with reset: true', async () => {
    sandbox.fail({ reset: true });

    expect((await report(sandbox, uuid)).errorCode).toBe('ECONNRESET');
    expect(sandbox.conversions).toEqual([]);
  });

  it('cut the connection after the request was carried out', async () => {
    sandbox.fail({ reset: 'after', times: 2 });

    const { errorCode } = await report(sandbox, uuid);
    await send(sandbox);

    expect(errorCode).toBe('ECONNRESET');
    expect(sandbox.conversions).toHaveLength(1);
    expect(sandbox.messages).toHaveLength(2);
  });

  it('never answer with hang, until the client leaves', async () => {
    sandbox.fail({ hang: true });

    const { errorCode } = await report(sandbox, uuid, undefined, { timeout: 50 });

    expect(errorCode).toBe('CLIENT_TIMEOUT');
    expect(sandbox.conversions).toEqual([]);
    const [, request] = await sandbox.waitForRequests(2);
    expect(request.body).toContain('CONVERTED');
  });

  it.each<[string, () => Promise<void>]>([
    ['reset', async () => sandbox.reset()],
    ['taken down', () => sandbox.down()],
    ['stopped', () => sandbox.stop()],
  ])('cut what hangs or is late when the sandbox is %s', async (_, end) => {
    sandbox.fail({ hang: true, accept: true, on: 'conversion' });
    sandbox.fail({ delay: 60_000, on: 'message' });
    const hanging = report(sandbox, uuid);
    await sandbox.waitForConversion(uuid);
    const late = send(sandbox, { ...OTP, dst: '14155550199' });
    await sandbox.waitForMessage({ dst: '14155550199' });

    await end();

    expect((await hanging).errorCode).toBe('ECONNRESET');
    expect((await late).errorCode).toBe('ECONNRESET');
  });

  it('carry the request out all the same with accept: true', async () => {
    sandbox.fail({ status: 500, accept: true });

    expect((await report(sandbox, uuid)).status).toBe(500);
    expect(sandbox.conversions).toHaveLength(1);
  });

  it.each<[string, object, RegExp]>([
    ['nothing in it', {}, /at least one of status/],
    ['an impossible status', { status: 99 }, /status must not be less than 200/],
    ['a negative delay', { delay: -1 }, /delay/],
    ['no requests to hit', { status: 500, times: 0 }, /times/],
    ['an unknown key', { statsu: 500 }, /statsu should not exist/],
    ['both an answer and a cut', { status: 500, reset: true }, /reset can't be given together/],
    ['a header that is none', { status: 302, headers: { 'a b': 'c' } }, /headers/],
    ['a line break in Retry-After', { retryAfter: '1\r\nX: y' }, /retryAfter/],
    ['an unknown resource', { status: 500, on: 'call' }, /on must be one of/],
  ])('are refused with %s', (_, fault, reason) => {
    expect(() => sandbox.fail(fault as SandboxFault)).toThrow(reason);
    expect(sandbox.faults).toEqual([]);
  });
});
