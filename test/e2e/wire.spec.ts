import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import { ConversionStatus, TrackConversion } from '../../lib/index.js';
import { CLOCK } from '../../lib/delivery/clock.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { ShiftableClock } from '../support/clocks.js';

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: object) {
    return dto;
  }
}

const MINUTE = 60_000;
const authId = 'MAXXXXXXXXXXXXXXXXXX';
const authToken = 'ZTkwNGZkZDYtYTcwNi00';

describe('on the wire', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let clock: ShiftableClock;

  beforeEach(async () => {
    clock = new ShiftableClock();
    sandbox = await PlivoSandbox.start({ authId, authToken });
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      override: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
  });

  const message = {
    verificationId: 'v',
    dst: '+1 (415) 555-0123',
    src: '14155550100',
    text: 'Your code is 123456',
  };

  it('a message is sent as Plivo documents it, trackable, to digits alone', async () => {
    const sent = await app.feedback.send({
      ...message,
      log: false,
      messageExpiry: 300,
      url: 'https://me.example/status',
      method: 'GET',
    });
    const [request] = sandbox.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: `/v1/Account/${authId}/Message/`,
      headers: {
        authorization: `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`,
        'content-type': 'application/json',
      },
    });
    expect(JSON.parse(request.body)).toEqual({
      src: '14155550100',
      dst: '14155550123',
      text: 'Your code is 123456',
      trackable: true,
      log: false,
      message_expiry: 300,
      url: 'https://me.example/status',
      method: 'GET',
    });
    expect(sent).toEqual({
      messageUuid: sandbox.messages[0].messageUuid,
      apiId: expect.any(String),
    });
  });

  it('a message goes out from a Powerpack instead of a sender, with the fields of India’s DLT', async () => {
    await app.feedback.send({
      verificationId: 'v',
      dst: '14155550123',
      text: 'Code 1',
      powerpackUuid: '5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46',
      dltEntityId: '1234',
      dltTemplateId: '5678',
      dltTemplateCategory: 'service_implicit',
    });
    expect(JSON.parse(sandbox.requests[0].body)).toEqual({
      powerpack_uuid: '5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46',
      dst: '14155550123',
      text: 'Code 1',
      trackable: true,
      dlt_entity_id: '1234',
      dlt_template_id: '5678',
      dlt_template_category: 'service_implicit',
    });
  });

  it('a conversion equals the documented request: method, path, headers that matter, body keys', async () => {
    const { messageUuid } = await app.feedback.send(message);
    await app.post('/verify', { verificationId: 'v' });
    await sandbox.waitForConversion(messageUuid);
    const request = sandbox.requests.at(-1)!;
    expect(request.method).toBe('POST');
    expect(request.path).toBe(`/v1/account/${authId}/message/${messageUuid}/conversion/`);
    expect(request.headers.authorization).toBe(
      `Basic ${Buffer.from(`${authId}:${authToken}`).toString('base64')}`,
    );
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.body).toMatch(
      /^\{"status":"CONVERTED","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}$/,
    );
  });

  it('the timestamp is the moment of success, though delivery comes 10 minutes and 3 retries later', async () => {
    const { messageUuid } = await app.feedback.send(message);
    sandbox.fail({ status: 500, times: 3, on: 'conversion' });
    const before = Date.now();
    const responded = await app.post('/verify', { verificationId: 'v' });
    const after = Date.now();
    expect(responded.status).toBe(201);
    for (let retry = 1; retry <= 3; retry += 1) {
      await app.events.until('retrying', retry);
      clock.shift((10 * MINUTE) / 3);
    }
    const conversion = await sandbox.waitForConversion(messageUuid);
    const [{ attempts }] = await app.events.until('delivered');
    expect(attempts).toBe(4);
    expect(clock.now() - before).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(Date.parse(conversion.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(conversion.timestamp)).toBeLessThanOrEqual(after);
  });

  it('a report by hand carries the timestamp it was given', async () => {
    const { messageUuid } = await app.feedback.send(message);
    await app.feedback.reportMessage(messageUuid, ConversionStatus.NOT_CONVERTED, {
      timestamp: new Date('2026-08-01T11:32:26Z'),
    });
    await sandbox.waitForConversion(messageUuid);
    expect(sandbox.requests.at(-1)!.body).toBe(
      '{"status":"NOT_CONVERTED","timestamp":"2026-08-01T11:32:26.000Z"}',
    );
  });
});
