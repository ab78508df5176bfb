import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'plivo';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';

describe('the official plivo SDK, pointed at the sandbox', () => {
  let sandbox: PlivoSandbox;
  let client: Client;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    client = new Client(sandbox.authId, sandbox.authToken, {
      url: `${sandbox.url}/v1/Account/${sandbox.authId}`,
      timeout: 5_000,
    });
  });
  afterEach(() => sandbox.stop());

  it('sends a trackable message and gets its message_uuid', async () => {
    const answer = await client.messages.create('14155550100', '+4915112345678', 'Code: 123456', {
      trackable: true,
      message_expiry: 300,
    });

    expect(answer.messageUuid).toEqual([sandbox.messages[0].messageUuid]);
    expect(answer.message).toBe('message(s) queued');
    expect(sandbox.messages[0]).toMatchObject({
      src: '14155550100',
      dst: '4915112345678',
      text: 'Code: 123456',
      trackable: true,
      messageExpiry: 300,
    });
  });

  it('sends with a Powerpack', async () => {
    await client.messages.create(null, '4915112345678', 'hello', {}, 'powerpack-1');

    expect(sandbox.messages[0]).toMatchObject({ powerpackUuid: 'powerpack-1', trackable: false });
  });

  it('sends in bulk', async () => {
    const answer = await client.messages.create('14155550100', '14155550101<14155550102<1', 'hi');

    expect(answer.messageUuid).toEqual(sandbox.messages.map(({ messageUuid }) => messageUuid));
    expect(sandbox.messages).toHaveLength(2);
  });

  it('gets its own errors for wrong credentials, bad parameters and faults', async () => {
    const wrong = new Client(sandbox.authId, 'wrong', {
      url: `${sandbox.url}/v1/Account/${sandbox.authId}`,
    });
    await expect(wrong.messages.create('1', '4915112345678', 'hi')).rejects.toThrow(
      /authentication/,
    );

    await expect(client.messages.create('14155550100', 'nobody', 'hi')).rejects.toThrow(/dst/);

    sandbox.fail({ status: 503 });
    await expect(client.messages.create('14155550100', '4915112345678', 'hi')).rejects.toThrow();

    expect(sandbox.requests.map(({ status }) => status)).toEqual([401, 400, 503]);
  });
});
