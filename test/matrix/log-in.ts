import { expect } from '@jest/globals';
import { ConversionStatus } from '../../lib/index.js';
import type { PlivoSandbox } from '../../lib/sandbox/index.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';

/** What a started app reads of a sandbox. */
export function environmentOf(sandbox: PlivoSandbox): NodeJS.ProcessEnv {
  return {
    PLIVO_AUTH_ID: sandbox.authId,
    PLIVO_AUTH_TOKEN: sandbox.authToken,
    PLIVO_BASE_URL: sandbox.url,
  };
}

/** A wrong code, then the right one: one conversion, of the message whose code it was. */
export async function logIn(url: string, sandbox: PlivoSandbox): Promise<void> {
  sandbox.reset();
  const user = new OtpClient(url, sandbox);
  const { verificationId, code, messageUuid } = await user.send('14155550123');
  const wrong = await user.verify(verificationId, wrongFor(code));
  expect(wrong).toMatchObject({ status: 200, body: { verified: false } });
  const right = await user.verify(verificationId, code);
  expect(right).toMatchObject({ status: 200, body: { verified: true } });

  const { status } = await sandbox.waitForConversion(messageUuid);
  expect(status).toBe(ConversionStatus.CONVERTED);
  expect(sandbox.conversions).toHaveLength(1);
}
