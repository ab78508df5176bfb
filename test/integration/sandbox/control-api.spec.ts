import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { call, type Call, OTP, report, send, sent } from './client.js';

describe("the sandbox's control API", () => {
  let sandbox: PlivoSandbox;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(() => sandbox.stop());

  const control = (method: string, path: string, body?: unknown, more: Partial<Call> = {}) =>
    call(sandbox.url, {
      method,
      path,
      body,
      ...more,
      headers: { 'Content-Type': 'application/json', ...more.headers },
    });

  it('lists messages with their conversions, newest last', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid);
    await sent(sandbox, { ...OTP, dst: '14155550199' });

    const { status, json } = await control('GET', '/sandbox/messages');

    expect(status).toBe(200);
    expect(json.messages).toEqual(JSON.parse(JSON.stringify(sandbox.messages)));
    expect(json.messages[0].conversion).toMatchObject({
      status: 'CONVERTED',
      timestamp: '2020-08-01T11:32:26Z',
    });
  });

  it('names one message by its message_uuid, or as the latest, of a number too', async () => {
    const first = await sent(sandbox);
    const second = await sent(sandbox, { ...OTP, dst: '14155550199' });
    const uuidAt = async (path: string) => (await control('GET', path)).json.messageUuid as string;

    expect(await uuidAt(`/sandbox/messages/${first}`)).toBe(first);
    expect(await uuidAt('/sandbox/messages/latest')).toBe(second);
    expect(await uuidAt('/sandbox/messages/latest?dst=%2B4915112345678')).toBe(first);
    expect((await control('GET', '/sandbox/messages?dst=14155550199')).json.messages).toHaveLength(
      1,
    );
    expect((await control('GET', '/sandbox/messages/none')).status).toBe(404);
    sandbox.reset();
    expect((await control('GET', '/sandbox/messages/latest')).status).toBe(404);
  });

  it('lists reports and requests, without credentials', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid);

    const conversions = await control('GET', '/sandbox/conversions');
    const requests = await control('GET', '/sandbox/requests');

    expect(conversions.json.conversions).toHaveLength(1);
    expect(requests.json.requests).toHaveLength(2);
    expect(requests.json.requests[0].headers.authorization).toBe('[left out]');
    const credentials = Buffer.from(`${sandbox.authId}:${sandbox.authToken}`).toString('base64');
    expect(requests.text).not.toContain(credentials);
    expect(sandbox.requests[0].headers.authorization).toContain(credentials);
  });

  it('arms, lists and clears faults', async () => {
    const armed = await control('POST', '/sandbox/faults', { status: 503, times: 2 });
    expect(armed).toMatchObject({ status: 201, json: { faults: [{ status: 503, remaining: 2 }] } });
    expect((await send(sandbox)).status).toBe(503);
    expect((await control('GET', '/sandbox/faults')).json.faults).toEqual([
      { status: 503, remaining: 1 },
    ]);
    expect((await control('DELETE', '/sandbox/faults')).json.faults).toEqual([]);
    expect((await send(sandbox)).status).toBe(202);
  });

  it('refuses a fault that is none, and says why', async () => {
    expect(await control('POST', '/sandbox/faults', { statsu: 503 })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('statsu') },
    });
    expect((await control('POST', '/sandbox/faults', '{')).status).toBe(400);
    expect((await control('POST', '/sandbox/faults')).status).toBe(400);
    expect(await control('POST', '/sandbox/faults', { body: 'x'.repeat(70_000) })).toMatchObject({
      status: 413,
    });
  });

  it('takes the API down and up again', async () => {
    expect((await control('POST', '/sandbox/down')).json).toMatchObject({ availability: 'cut' });
    expect((await send(sandbox)).errorCode).toBe('ECONNRESET');
    expect((await control('POST', '/sandbox/up')).json).toMatchObject({ availability: 'up' });
    expect((await send(sandbox)).status).toBe(202);
  });

  it('resets', async () => {
    await sent(sandbox);

    expect((await control('POST', '/sandbox/reset')).json).toMatchObject({ messages: 0 });
    expect(sandbox.messages).toEqual([]);
  });

  it('tells the default credentials, but never a token somebody chose: it may be a real one', async () => {
    expect((await control('GET', '/sandbox/state')).json).toEqual({
      url: sandbox.url,
      authId: 'MASANDBOXAUTHID00000',
      authToken: 'sandbox-auth-token',
      availability: 'up',
      messages: 0,
      conversions: 0,
    });
    await sandbox.stop();
    sandbox = await PlivoSandbox.start({ authToken: 'chosen' });

    expect((await control('GET', '/sandbox/state')).json.authToken).toBeNull();
  });

  it('answers 404 to unknown paths and 405 to wrong methods', async () => {
    expect((await control('GET', '/sandbox/nothing')).status).toBe(404);
    expect((await control('GET', '/favicon.ico')).status).toBe(404);
    expect(await control('POST', '/sandbox/messages')).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
    expect(sandbox.requests).toEqual([]);
  });

  describe('against web pages of others', () => {
    it.each(['evil.example', 'evil.example:4010', '127.0.0.1.evil.example'])(
      'refuses the Host %p (DNS rebinding), for pages, reads and changes',
      async (host) => {
        const headers = { Host: host };
        for (const [method, path] of [
          ['GET', '/'],
          ['GET', '/sandbox/messages'],
          ['GET', '/sandbox/events'],
          ['POST', '/sandbox/reset'],
        ]) {
          expect((await control(method, path, undefined, { headers })).status).toBe(403);
        }
      },
    );

    it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:9', '[::1]:4010', 'app.localhost', '10.0.0.5'])(
      'takes the Host %p',
      async (host) => {
        const { status } = await control('GET', '/sandbox/state', undefined, {
          headers: { Host: host },
        });

        expect(status).toBe(200);
      },
    );

    it('takes further names where told so', async () => {
      await sandbox.stop();
      sandbox = await PlivoSandbox.start({ allowedHosts: ['sandbox'] });
      const headers = { Host: 'sandbox:4010' };

      expect((await control('GET', '/sandbox/state', undefined, { headers })).status).toBe(200);
    });

    it('refuses the Origin of another page', async () => {
      const headers = { Origin: 'http://evil.example' };

      expect((await control('POST', '/sandbox/reset', undefined, { headers })).status).toBe(403);
      expect((await control('GET', '/sandbox/messages', undefined, { headers })).status).toBe(403);
    });

    it('takes its own Origin', async () => {
      const headers = { Origin: sandbox.url };

      expect((await control('POST', '/sandbox/reset', undefined, { headers })).status).toBe(200);
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
      'refuses a change declared as %s, which a foreign form could send',
      async (type) => {
        await sent(sandbox);
        const headers = { 'Content-Type': type };

        expect((await control('POST', '/sandbox/reset', undefined, { headers })).status).toBe(415);
        expect(sandbox.messages).toHaveLength(1);
      },
    );

    it('never allows cross-origin reading', async () => {
      const { headers } = await control('OPTIONS', '/sandbox/faults');

      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    });
  });

  describe('its page', () => {
    it.each([
      ['/', 'text/html; charset=utf-8'],
      ['/base.css', 'text/css; charset=utf-8'],
      ['/inbox.css', 'text/css; charset=utf-8'],
      ['/inbox.js', 'text/javascript; charset=utf-8'],
    ])('serves %s under a strict content security policy', async (path, type) => {
      const { status, headers, text } = await control('GET', path);

      expect(status).toBe(200);
      expect(text.length).toBeGreaterThan(1_000);
      expect(headers).toMatchObject({
        'content-type': type,
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
          "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      });
    });

    it('holds no inline script or style, and asks nobody else for anything', async () => {
      const { text } = await control('GET', '/');

      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/);
      expect(text.replaceAll("xmlns='http://www.w3.org/2000/svg'", '')).not.toMatch(/https?:/);
    });
  });
});
