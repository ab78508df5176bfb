import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { OTP, send, sent } from './client.js';

const UUID_V1 = /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID = /^[0-9a-f-]{36}$/;

describe('sending a message to the sandbox', () => {
  let sandbox: PlivoSandbox;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(() => sandbox.stop());

  it('answers 202 with an array of version 1 UUIDs, as Plivo documents', async () => {
    const { status, headers, json } = await send(sandbox);

    expect(status).toBe(202);
    expect(headers['content-type']).toBe('application/json');
    expect(json).toEqual({
      api_id: expect.stringMatching(UUID),
      message: 'message(s) queued',
      message_uuid: [expect.stringMatching(UUID_V1)],
    });
  });

  it('shows what was sent', async () => {
    const messageUuid = await sent(sandbox, {
      ...OTP,
      log: false,
      message_expiry: 300,
      url: 'https://app.example.com/status',
      method: 'POST',
      type: 'sms',
      dlt_entity_id: '1',
      dlt_template_id: '2',
      dlt_template_category: 'service_implicit',
    });

    expect(sandbox.messages).toEqual([
      {
        messageUuid,
        src: '14155550100',
        dst: '4915112345678',
        text: '123456 is your code',
        trackable: true,
        log: false,
        messageExpiry: 300,
        url: 'https://app.example.com/status',
        method: 'POST',
        type: 'sms',
        dltEntityId: '1',
        dltTemplateId: '2',
        dltTemplateCategory: 'service_implicit',
        sentAt: expect.any(Date),
        conversions: [],
      },
    ]);
  });

  it('keeps messages in the order they were sent, newest last', async () => {
    await sent(sandbox, { ...OTP, text: 'first' });
    await sent(sandbox, { ...OTP, text: 'second' });

    expect(sandbox.messages.map(({ text }) => text)).toEqual(['first', 'second']);
  });

  it("takes a message as not trackable and logged where it doesn't say", async () => {
    await sent(sandbox, { src: OTP.src, dst: OTP.dst, text: 'hello' });

    expect(sandbox.messages[0]).toMatchObject({ trackable: false, log: true });
  });

  it('takes a Powerpack in place of a sender', async () => {
    await sent(sandbox, { ...OTP, src: undefined, powerpack_uuid: 'pp-1' });

    expect(sandbox.messages[0].powerpackUuid).toBe('pp-1');
    expect(sandbox.messages[0].src).toBeUndefined();
  });

  it.each([
    ['+49 (1511) 234-56.78', '4915112345678'],
    ['1/415/555/0100', '14155550100'],
  ])('sanitises the receiver %s', async (dst, sanitised) => {
    await sent(sandbox, { ...OTP, dst });

    expect(sandbox.messages[0].dst).toBe(sanitised);
  });

  it('sends to each valid number of a bulk request, and names the invalid ones', async () => {
    const { status, json } = await send(sandbox, { ...OTP, dst: '14155550101<12<+14155550102' });

    expect(status).toBe(202);
    expect(json.message_uuid).toHaveLength(2);
    expect(json.invalid_number).toEqual(['12']);
    expect(sandbox.messages.map(({ dst, messageUuid }) => [dst, messageUuid])).toEqual([
      ['14155550101', json.message_uuid[0]],
      ['14155550102', json.message_uuid[1]],
    ]);
  });

  it('refuses more than 1,000 receivers', async () => {
    const { status, json } = await send(sandbox, {
      ...OTP,
      dst: Array.from({ length: 1_001 }, (_, i) => 14155550000 + i).join('<'),
    });

    expect(status).toBe(400);
    expect(json.error).toContain('1000');
  });

  it('answers an asynchronous request (callback_url) without message_uuid', async () => {
    const { status, json } = await send(sandbox, { ...OTP, callback_url: 'https://a.example/cb' });

    expect(status).toBe(202);
    expect(json).toEqual({ api_id: expect.any(String), message: 'async api spawned' });
    expect(sandbox.messages).toHaveLength(1);
  });

  it.each([
    ['neither src nor powerpack_uuid', { src: undefined }, /src \(or powerpack_uuid\)/],
    ['both src and powerpack_uuid', { powerpack_uuid: 'pp' }, /src can't be given together/],
    ['no dst', { dst: undefined }, /dst/],
    ['a dst without country code', { dst: '0151123456' }, /dst.*E\.164/],
    ['a dst that is a number', { dst: 4915112345678 }, /dst must be a string/],
    ['no text', { text: undefined }, /text/],
    ['an empty text', { text: '' }, /text should not be empty/],
    ['a text beyond 1,600 characters', { text: 'x'.repeat(1_601) }, /text.*1600/],
    ['trackable as text', { trackable: 'true' }, /trackable must be a boolean/],
    ['an unknown log', { log: 'never' }, /log must be one of/],
    ['a message_expiry below 5', { message_expiry: 4 }, /message_expiry must not be less than 5/],
    ['a message_expiry above 10,799', { message_expiry: 10_800 }, /message_expiry.*10799/],
    ['a status url without protocol', { url: 'app.example.com' }, /url/],
  ])('refuses %s and says why', async (_, change, reason) => {
    const { status, json } = await send(sandbox, { ...OTP, ...change });

    expect(status).toBe(400);
    expect(json).toEqual({ api_id: expect.any(String), error: expect.stringMatching(reason) });
    expect(sandbox.messages).toEqual([]);
  });

  it('lists everything that is wrong at once', async () => {
    const { json } = await send(sandbox, { trackable: 1 });

    expect(json.error).toMatch(/src.*dst.*text.*trackable/);
  });

  it.each([
    [true, true],
    ['true', true],
    ['false', false],
    ['content_only', 'content_only'],
    ['number_only', 'number_only'],
  ])('takes log %p', async (log, kept) => {
    await sent(sandbox, { ...OTP, log });

    expect(sandbox.messages[0].log).toBe(kept);
  });

  it.each(['[]', '"text"', 'null', '{"src":', ''])('refuses the body %p', async (body) => {
    const { status, json } = await send(sandbox, body);

    expect(status).toBe(400);
    expect(json.error).toMatch(/JSON/);
  });

  it('keeps the newest messages and requests, as many as it was told', async () => {
    const small = await PlivoSandbox.start({ keep: 2 });
    for (const text of ['1', '2', '3']) await sent(small, { ...OTP, text });
    await small.stop();

    expect(small.messages.map(({ text }) => text)).toEqual(['2', '3']);
    expect(small.requests).toHaveLength(2);
  });
});
