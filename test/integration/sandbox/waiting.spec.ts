import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionStatus, PlivoSandbox } from '../../../lib/sandbox/index.js';
import { OTP, report, REPORT, send, sent } from './client.js';

describe('waiting for the sandbox to be sent something', () => {
  let sandbox: PlivoSandbox;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(() => sandbox.stop());

  it('resolves at once with a conversion that is there', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid);

    expect(await sandbox.waitForConversion(uuid)).toBe(sandbox.conversions[0]);
  });

  it('resolves when the conversion comes', async () => {
    const uuid = await sent(sandbox);
    const waiting = sandbox.waitForConversion(uuid);

    await report(sandbox, uuid);

    expect(await waiting).toMatchObject({ messageUuid: uuid, status: 'CONVERTED' });
  });

  it("waits for the status it's told, past others", async () => {
    const uuid = await sent(sandbox);
    const waiting = sandbox.waitForConversion(uuid, { status: ConversionStatus.CONVERTED });

    await report(sandbox, uuid, { ...REPORT, status: 'NOT_CONVERTED' });
    await report(sandbox, uuid);

    expect(await waiting).toMatchObject({ status: 'CONVERTED', attempt: 2 });
  });

  it('rejects at the timeout, and says what was seen', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid, { ...REPORT, status: 'NOT_CONVERTED' });
    await report(sandbox, uuid, { ...REPORT, timestamp: 'now' });

    const waiting = sandbox.waitForConversion(uuid, {
      status: ConversionStatus.CONVERTED,
      timeout: 10,
    });

    await expect(waiting).rejects.toThrow(
      new RegExp(
        `No conversion CONVERTED of message ${uuid} came within 10 ms\\. The message is known; ` +
          'its reports: NOT_CONVERTED at 2020-08-01T11:32:26Z; .*-> 400 \\(timestamp must',
      ),
    );
    await expect(waiting).rejects.toThrow(expect.not.stringContaining(sandbox.authToken));
  });

  it('resolves with the newest message to a number', async () => {
    await sent(sandbox);
    const waiting = sandbox.waitForMessage({ dst: '14155550199' });

    await send(sandbox, { ...OTP, dst: '14155550199', text: 'here' });

    expect(await waiting).toMatchObject({ text: 'here' });
    expect(await sandbox.waitForMessage()).toMatchObject({ text: 'here' });
    await expect(sandbox.waitForMessage({ dst: '1', timeout: 1 })).rejects.toThrow(
      'No message to 1',
    );
  });

  it('finds the message to a number however that is written', async () => {
    await sent(sandbox, { ...OTP, dst: '+1 (415) 555-0199' });

    for (const dst of ['14155550199', '+14155550199', '+1 415-555-0199']) {
      expect(await sandbox.waitForMessage({ dst, timeout: 1 })).toMatchObject({
        dst: '14155550199',
      });
    }
  });

  it('waits for the resend where the message before is named', async () => {
    const first = await sent(sandbox);
    const waiting = sandbox.waitForMessage({ dst: OTP.dst, after: first });

    await send(sandbox, { ...OTP, dst: '14155550199', text: 'to another phone' });
    await report(sandbox, first);
    const resent = await sent(sandbox, { ...OTP, text: 'again' });

    expect(await waiting).toMatchObject({ messageUuid: resent, text: 'again' });
    await expect(sandbox.waitForMessage({ after: resent, timeout: 1 })).rejects.toThrow(
      `No message after ${resent}`,
    );
  });

  it('takes any message for a later one than one it has forgotten', async () => {
    const forgotten = await sent(sandbox);
    sandbox.reset();
    const resent = await sent(sandbox);

    expect(await sandbox.waitForMessage({ after: forgotten, timeout: 1 })).toMatchObject({
      messageUuid: resent,
    });
  });

  it.each([Infinity, Number.MAX_SAFE_INTEGER])(
    'waits for good with timeout: %d',
    async (timeout) => {
      const waiting = sandbox.waitForMessage({ timeout });

      // A timer that overflows fires after 1 ms.
      await sleep(20);
      await send(sandbox, { ...OTP, text: 'at last' });

      expect(await waiting).toMatchObject({ text: 'at last' });
    },
  );

  it('resolves once so many requests have ended', async () => {
    sandbox.fail({ status: 503 });
    const waiting = sandbox.waitForRequests(2);

    await send(sandbox);
    await send(sandbox);

    expect((await waiting).map(({ status }) => status)).toEqual([503, 202]);
    await expect(sandbox.waitForRequests(3, { timeout: 1 })).rejects.toThrow(
      'Fewer than 3 requests',
    );
  });

  it('rejects when the sandbox is stopped meanwhile, or was before', async () => {
    const waiting = expect(sandbox.waitForConversion('none')).rejects.toThrow('stopped');
    await sandbox.stop();

    await waiting;
    await expect(sandbox.waitForConversion('none')).rejects.toThrow('stopped');
  });
});
