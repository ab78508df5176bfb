import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Child } from '../support/child.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';

const APP = 'sample/01-otp-login/dist/main.js';
const LISTENING = /Listening on (http:\/\/[\d.:]+)/;
const NUMBER = '+1 415 555 0123';
const OTHER_NUMBER = '+49 1512 3456789';
const SOME_UUID = 'c0ffee00-1111-4222-8333-444455556666';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('sample/01-otp-login', () => {
  let sandbox: PlivoSandbox;
  let app: Child;
  let browser: OtpClient;
  let url: string;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    app = await Child.start(APP, { PORT: '0', SANDBOX_URL: sandbox.url });
    [url] = await app.printed(LISTENING);
    browser = new OtpClient(url, sandbox);
  });
  afterEach(async () => {
    await app.stop();
    await sandbox.stop();
  });

  it('sends a trackable message that Plivo forgets, and that expires with its code', async () => {
    const { status, body } = await browser.post('/otp/send', { phoneNumber: NUMBER });

    expect(status).toBe(201);
    expect(body).toEqual({ verificationId: expect.stringMatching(UUID), expiresIn: 300 });
    expect(JSON.parse(sandbox.requests[0].body)).toEqual({
      src: '14155550100',
      dst: '14155550123',
      text: expect.stringMatching(/^Your code is \d{6}\. /),
      trackable: true,
      log: false,
      message_expiry: 300,
    });
  });

  it('reports a message CONVERTED when its code is typed, with that moment', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);

    const before = Date.now();
    const answer = await browser.verify(verificationId, code);
    const after = Date.now();

    expect(answer).toMatchObject({ status: 200, body: { verified: true } });
    const conversion = await sandbox.waitForConversion(messageUuid);
    expect(conversion.status).toBe('CONVERTED');
    expect(Date.parse(conversion.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(conversion.timestamp)).toBeLessThanOrEqual(after);
  });

  it('shows in its dashboard how its codes convert, to who sits at the machine alone', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);
    await browser.verify(verificationId, code);
    await sandbox.waitForConversion(messageUuid);

    const address = `${url}/conversion-feedback`;
    expect(await (await fetch(address)).text()).toContain('<h1>Conversion feedback</h1>');
    const data = (await (await fetch(`${address}/data`)).json()) as object;
    expect(data).toMatchObject({ chosen: { sent: 1, converted: 1 } });
    const proxied = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    expect((await fetch(`${address}/data`, proxied)).status).toBe(403);
    expect(await statusOf(`${address}/data`, { host: 'rebound.example' })).toBe(403);
  });

  it('reports nothing for a wrong code, and says how many tries are left', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);

    const answer = await browser.verify(verificationId, wrongFor(code));

    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: 'WrongCode', triesLeft: 4 });
    expect(answer.body.message).toBe("That code isn't right. 4 tries left.");
    expect(sandbox.conversions).toEqual([]);

    await browser.verify(verificationId, code);
    await sandbox.waitForConversion(messageUuid);
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('takes a code once', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);

    await browser.verify(verificationId, code);
    const again = await browser.verify(verificationId, code);

    expect(again.status).toBe(410);
    await sandbox.waitForConversion(messageUuid);
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('burns a code after 5 wrong tries: then even the right one fails, and nothing is reported', async () => {
    const { verificationId, code } = await browser.send(NUMBER);

    const tries = [];
    for (let i = 0; i < 5; i++) tries.push(await browser.verify(verificationId, wrongFor(code)));
    const right = await browser.verify(verificationId, code);

    expect(tries.map(({ status, body }) => [status, body.triesLeft])).toEqual([
      [401, 4],
      [401, 3],
      [401, 2],
      [401, 1],
      [401, 0],
    ]);
    expect(right.status).toBe(410);
    // Another login, whose report comes behind any that this one had.
    const other = await browser.send(OTHER_NUMBER);
    await browser.verify(other.verificationId, other.code);
    await sandbox.waitForConversion(other.messageUuid);
    expect(sandbox.conversions.map(({ messageUuid }) => messageUuid)).toEqual([other.messageUuid]);
  });

  it('reports the newest message CONVERTED after a resend, the older one CONVERTED_WITH_OTHERS', async () => {
    const first = await browser.send(NUMBER);
    const second = await browser.resend(first.verificationId);
    expect(second.messageUuid).not.toBe(first.messageUuid);

    const answer = await browser.verify(first.verificationId, second.code);

    expect(answer.status).toBe(200);
    expect(await sandbox.waitForConversion(second.messageUuid)).toMatchObject({
      status: 'CONVERTED',
    });
    expect(await sandbox.waitForConversion(first.messageUuid)).toMatchObject({
      status: 'CONVERTED_WITH_OTHERS',
    });
  });

  it('gives a burnt login a new code on resend', async () => {
    const { verificationId, code } = await browser.send(NUMBER);
    for (let i = 0; i < 5; i++) await browser.verify(verificationId, wrongFor(code));

    const renewed = await browser.resend(verificationId);

    expect((await browser.verify(verificationId, renewed.code)).status).toBe(200);
  });

  it('sends a login 5 codes at most', async () => {
    const { verificationId } = await browser.send(NUMBER);
    for (let i = 0; i < 4; i++) await browser.resend(verificationId);

    const answer = await browser.post('/otp/resend', { verificationId });

    expect(answer).toMatchObject({ status: 429, body: { error: 'TooManyCodes' } });
    expect(sandbox.messages).toHaveLength(5);
  });

  it('sends a number 5 codes in 10 minutes at most, however it is written', async () => {
    for (let i = 0; i < 5; i++) await browser.send(NUMBER);

    const answer = await browser.post('/otp/send', { phoneNumber: '+1 (1)-415-555-0123' });

    expect(answer.status).toBe(429);
    expect(answer.body.message).toMatch(/^Too many codes were asked for/);
    expect(sandbox.messages).toHaveLength(5);
    expect((await browser.post('/otp/send', { phoneNumber: OTHER_NUMBER })).status).toBe(201);
  });

  it.each([
    ['+44 (0)7400 123456', '447400123456'],
    ['+44\u20117400\u2011123456', '447400123456'],
    ['+44 7400 123456 ext. 5', '447400123456'],
  ])('takes a number as it was typed: %s', async (phoneNumber, dst) => {
    expect((await browser.post('/otp/send', { phoneNumber })).status).toBe(201);
    expect(sandbox.messages).toMatchObject([{ dst }]);
  });

  it('sends an address 10 codes a minute at most', async () => {
    for (let i = 0; i < 10; i++) await browser.send(`+1 415 555 01${i}0`);

    const answer = await browser.post('/otp/send', { phoneNumber: OTHER_NUMBER });

    expect(answer.status).toBe(429);
    expect(sandbox.messages).toHaveLength(10);
  });

  it('tells the user to try again where Plivo takes no message, and the log why', async () => {
    sandbox.fail({ status: 503 });

    const answer = await browser.post('/otp/send', { phoneNumber: NUMBER });

    expect(answer.status).toBe(502);
    expect(answer.body).toEqual({
      statusCode: 502,
      error: 'CodeNotSent',
      message: "The code couldn't be sent just now. Try again in a minute.",
    });
    expect(app.output).toMatch(/ERROR.*503/);
  });

  it('prints no code, number, verification or token', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);
    await browser.verify(verificationId, wrongFor(code));
    await browser.verify(verificationId, code);
    await sandbox.waitForConversion(messageUuid);
    sandbox.fail({ status: 400 });
    await browser.post('/otp/send', { phoneNumber: NUMBER });
    await app.stop();

    for (const secret of [code, '5550123', '555 0123', verificationId, sandbox.authToken]) {
      expect(app.output).not.toContain(secret);
    }
  });
});

describe("sample/01-otp-login's edges", () => {
  let sandbox: PlivoSandbox;
  let app: Child;
  let browser: OtpClient;
  let url: string;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    app = await Child.start(APP, { PORT: '0', SANDBOX_URL: sandbox.url });
    [url] = await app.printed(LISTENING);
    browser = new OtpClient(url, sandbox);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.stop();
  });

  it.each([
    ['/otp/send', { phoneNumber: '12' }, 'phoneNumber'],
    ['/otp/send', { phoneNumber: '+14155550123<+14155550124' }, 'phoneNumber'],
    ['/otp/send', { phoneNumber: 'tel:+14155550123' }, 'phoneNumber'],
    ['/otp/send', {}, 'phoneNumber'],
    ['/otp/send', { phoneNumber: NUMBER, isAdmin: true }, 'isAdmin'],
    ['/otp/resend', { verificationId: 'x' }, 'verificationId'],
    ['/otp/verify', { verificationId: 'x', code: '123456' }, 'verificationId'],
    ['/otp/verify', { verificationId: SOME_UUID, code: 'abcdef' }, 'code'],
    ['/otp/verify', { verificationId: SOME_UUID, code: 123456 }, 'code'],
  ])('names the wrong field: %s %j', async (path, body, field) => {
    const answer = await browser.post(path, body);

    expect(answer.status).toBe(400);
    expect(answer.body.message).toEqual([expect.stringContaining(field)]);
    expect(sandbox.requests).toHaveLength(0);
  });

  it('knows no verification it did not start', async () => {
    expect((await browser.verify(SOME_UUID, '123456')).status).toBe(410);
    expect((await browser.post('/otp/resend', { verificationId: SOME_UUID })).status).toBe(410);
  });

  it('serves the page under a strict content security policy', async () => {
    const response = await fetch(url);

    expect(await response.text()).toContain('<title>Sign in</title>');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
  });
});

describe('sample/01-otp-login with half a Plivo account', () => {
  it('ends, and says what is missing', async () => {
    const app = await Child.start(APP, { PORT: '0', PLIVO_AUTH_ID: 'MAXXXXXXXXXXXXXXXXXX' });

    expect(await app.ended()).toBe(1);
    expect(app.output).toContain('PLIVO_AUTH_TOKEN is missing');
    expect(app.output).toContain('PLIVO_SRC is missing');
    expect(app.output).not.toContain('PLIVO_AUTH_ID is missing');
    await app.stop();
  });
});

/** The status of an answer to a request with a Host of its own, which fetch doesn't send. */
async function statusOf(url: string, headers: { host: string }): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
