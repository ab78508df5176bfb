import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Child } from '../support/child.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';

const NUMBER = '+1 415 555 0123';

describe('sample/02-plivo-sdk', () => {
  let sandbox: PlivoSandbox;
  let app: Child;
  let browser: OtpClient;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    app = await Child.start('sample/02-plivo-sdk/dist/main.js', {
      PORT: '0',
      SANDBOX_URL: sandbox.url,
    });
    const [url] = await app.printed(/Listening on (http:\/\/[\d.:]+)/);
    browser = new OtpClient(url, sandbox);
  });
  afterEach(async () => {
    await app.stop();
    await sandbox.stop();
  });

  it('reports a message that the SDK sent CONVERTED, with the moment its code was typed', async () => {
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

  it('sends a trackable message that expires with its code', async () => {
    await browser.send(NUMBER);

    expect(sandbox.messages[0]).toMatchObject({
      dst: '14155550123',
      trackable: true,
      messageExpiry: 300,
    });
  });

  it('reports nothing for a wrong code', async () => {
    const { verificationId, code, messageUuid } = await browser.send(NUMBER);

    const wrong = await browser.verify(verificationId, wrongFor(code));
    expect(wrong.status).toBe(401);
    expect(sandbox.conversions).toEqual([]);

    await browser.verify(verificationId, code);
    await sandbox.waitForConversion(messageUuid);
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('burns a code after 5 wrong tries', async () => {
    const { verificationId, code } = await browser.send(NUMBER);
    for (let i = 0; i < 5; i++) await browser.verify(verificationId, wrongFor(code));

    expect((await browser.verify(verificationId, code)).status).toBe(410);
  });

  it('tells the user to try again where Plivo takes no message, and prints no secret', async () => {
    sandbox.fail({ status: 400 });
    sandbox.fail({ reset: true });

    const refused = await browser.post('/otp/send', { phoneNumber: NUMBER });
    const cut = await browser.post('/otp/send', { phoneNumber: NUMBER });
    await app.stop();

    expect([refused.status, cut.status]).toEqual([502, 502]);
    const credentials = Buffer.from(`${sandbox.authId}:${sandbox.authToken}`).toString('base64');
    for (const secret of ['Your code', '5550123', '555 0123', sandbox.authToken, credentials]) {
      expect(app.output).not.toContain(secret);
    }
  });
});
