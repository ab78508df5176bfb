import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { basicAuth, conversionPath, messagePath, OTP, report, send, sent } from './client.js';

describe('the contract the sandbox holds a client to', () => {
  let sandbox: PlivoSandbox;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(() => sandbox.stop());

  describe('authentication', () => {
    it.each([
      ['no credentials', () => ''],
      ['a wrong Auth Token', () => basicAuth({ ...account(), authToken: 'wrong' })],
      ['a wrong Auth ID', () => basicAuth({ ...account(), authId: 'MAWRONG' })],
      ['another scheme', () => 'Bearer token'],
    ])('answers 401 to %s', async (_, authorization) => {
      const { status, json } = await send(sandbox, OTP, {
        headers: { Authorization: authorization() },
      });

      expect(status).toBe(401);
      expect(json).toEqual({
        api_id: expect.any(String),
        error: expect.stringContaining('authentication failed'),
      });
      expect(sandbox.messages).toEqual([]);
    });

    it("answers 401 to another account's path, by default", async () => {
      const path = '/v1/Account/MAOTHERACCOUNT000000/Message/';

      expect((await send(sandbox, OTP, { path })).status).toBe(401);
    });

    it('takes the credentials it was given, and a token with a colon', async () => {
      const own = await PlivoSandbox.start({ authId: 'MAOWN', authToken: 'se:cret' });
      const { status } = await send(own);
      await own.stop();

      expect(status).toBe(202);
    });

    const account = () => ({ authId: sandbox.authId, authToken: sandbox.authToken });
  });

  describe('paths', () => {
    it.each([
      ['lower case', '/v1/account/ID/message/'],
      ['a missing last slash', '/v1/Account/ID/Message'],
      ['another version', '/v2/Account/ID/Message/'],
    ])('answers 404 to a message on a path with %s', async (_, path) => {
      const { status, json } = await send(sandbox, OTP, {
        path: path.replace('ID', sandbox.authId),
      });

      expect(status).toBe(404);
      expect(json.error).toContain('/v1/Account/{auth_id}/Message/');
      expect(sandbox.messages).toEqual([]);
    });

    it.each([
      ['capitals', '/v1/Account/ID/Message/UUID/conversion/'],
      ['a missing last slash', '/v1/account/ID/message/UUID/conversion'],
    ])('answers 404 to a conversion on a path with %s', async (_, path) => {
      const uuid = await sent(sandbox);
      const { status, json } = await report(sandbox, uuid, undefined, {
        path: path.replace('ID', sandbox.authId).replace('UUID', uuid),
      });

      expect(status).toBe(404);
      expect(json.error).toContain('/v1/account/{auth_id}/message/{message_uuid}/conversion/');
      expect(sandbox.conversions).toEqual([]);
    });

    it.each(['GET', 'PUT', 'DELETE'])('answers 405 to %s', async (method) => {
      const { status, headers, json } = await send(sandbox, undefined, { method, body: undefined });

      expect(status).toBe(405);
      expect(headers.allow).toBe('POST');
      expect(json.error).toContain('method not allowed');
    });
  });

  describe('bodies', () => {
    it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/json5'])(
      'answers 400 to the content type %s, by default',
      async (type) => {
        const { status, json } = await send(sandbox, OTP, { headers: { 'Content-Type': type } });

        expect(status).toBe(400);
        expect(json.error).toContain('application/json');
      },
    );

    it('takes JSON with a charset', async () => {
      const headers = { 'Content-Type': 'application/json; charset=utf-8' };

      expect((await send(sandbox, OTP, { headers })).status).toBe(202);
    });

    it('answers 413 to more than 64 KiB', async () => {
      const { status, json } = await send(sandbox, { ...OTP, text: 'x'.repeat(70_000) });

      expect(status).toBe(413);
      expect(json.error).toContain('65536');
      expect(sandbox.messages).toEqual([]);
    });
  });

  describe('what it saw on the wire', () => {
    it('shows method, path, headers and body as they came', async () => {
      const uuid = await sent(sandbox);
      const body = '{ "status":"CONVERTED",  "timestamp":"2020-08-01T11:32:26Z" }';

      await report(sandbox, uuid, body, { headers: { 'X-Odd-Case': 'Kept' } });

      const request = sandbox.requests[1];
      expect(request).toMatchObject({
        method: 'POST',
        path: conversionPath(sandbox, uuid),
        body,
        status: 200,
      });
      expect(request.headers).toMatchObject({
        authorization: basicAuth(sandbox),
        'content-type': 'application/json',
        'x-odd-case': 'Kept',
      });
      expect(request.rawHeaders).toContain('X-Odd-Case');
    });

    it('shows refused requests too, with what they were told', async () => {
      await send(sandbox, { ...OTP, dst: 'nobody' }, { path: `${messagePath(sandbox)}?debug=1` });

      expect(sandbox.requests).toHaveLength(1);
      expect(sandbox.requests[0]).toMatchObject({
        path: `${messagePath(sandbox)}?debug=1`,
        status: 400,
        error: expect.stringContaining('dst'),
        answeredAt: expect.any(Date),
      });
    });
  });
});
