import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { All, Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import fc from 'fast-check';
import { TrackConversion } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Platform, RunningApp, platforms, startApp } from '../support/app.js';
import { anyText } from '../support/hostile.js';

const hostile = (): never => {
  throw new Error('hostile');
};

/** Values that handlers may return, and that whoever looks into them may fall over. */
const RETURNED: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'an empty string': () => '',
  zero: () => 0,
  'an empty array': () => [],
  'an object without prototype': () => Object.create(null) as unknown,
  'an object with a toJSON': () => ({ toJSON: () => ({ success: false }) }),
  'a getter that throws': () => Object.defineProperty({}, 'success', { get: hostile }),
  'a verdict that throws as it is written': () =>
    Object.defineProperty({}, 'success', { enumerable: true, get: hostile }),
  'a Proxy that throws': () => new Proxy({}, { get: hostile }),
  'a Map': () => new Map([['success', false]]),
  'keys of the prototype': () =>
    JSON.parse('{"__proto__":{"success":false},"constructor":1}') as unknown,
};

/** Each handler twice: decorated, and as it would be without us. */
@Controller()
class LoginController {
  @All('tracked/login')
  @TrackConversion()
  trackedLogin(@Body() body: unknown) {
    return { got: body === undefined ? 'nothing' : JSON.stringify(body) };
  }

  @All('plain/login')
  plainLogin(@Body() body: unknown) {
    return { got: body === undefined ? 'nothing' : JSON.stringify(body) };
  }

  @Post('tracked/returned/:name')
  @HttpCode(200)
  @TrackConversion()
  trackedReturned(@Param('name') name: string) {
    return RETURNED[name]();
  }

  @Post('plain/returned/:name')
  @HttpCode(200)
  plainReturned(@Param('name') name: string) {
    return RETURNED[name]();
  }

  @Post('tracked/proto')
  @TrackConversion({ verificationId: '__proto__.name' })
  proto() {
    return {};
  }

  @Post('tracked/constructor')
  @TrackConversion({ verificationId: 'constructor.name' })
  constructorName() {
    return {};
  }

  @Post('tracked/method')
  @TrackConversion({ verificationId: 'toString.name' })
  method() {
    return {};
  }

  @Post('tracked/length')
  @TrackConversion({ verificationId: 'code.length' })
  length() {
    return {};
  }

  @Post('tracked/route/:verificationId')
  @TrackConversion()
  route(@Param('verificationId') id: string) {
    return { id };
  }

  @Post('tracked/query')
  @TrackConversion()
  query(@Query('verificationId') id: string) {
    return { id };
  }
}

/** Verifications that nobody who is honest settles here: strings that other things turn into. */
const VICTIMS = [
  'victim',
  'Object',
  'Array',
  'toString',
  'constructor',
  '__proto__',
  '[object Object]',
  'null',
  'undefined',
  'true',
  'NaN',
  '6',
  '1.5',
  '9007199254740992',
  '1e+21',
  'half a pair \ufffd',
];

/** Bodies in which no victim is named: JSON as it is on the wire. */
const BODIES = [
  '',
  'null',
  '"victim"',
  '["victim"]',
  '{}',
  '{"verificationId":null}',
  '{"verificationId":["victim"]}',
  '{"verificationId":{"toString":"victim"}}',
  '{"verificationId":{"__proto__":"victim"}}',
  '{"verificationId":{}}',
  '{"verificationId":true}',
  '{"verificationId":1.5}',
  '{"verificationId":9007199254740993}',
  '{"verificationId":1e21}',
  '{"verificationId":1e999}',
  '{"verificationId":"half a pair \\ud83d"}',
  '{"verificationId":" victim"}',
  '{"verificationId":"victim\\u0000"}',
  '{"VerificationId":"victim"}',
  '{"__proto__":{"verificationId":"victim"}}',
  '{"constructor":{"prototype":{"verificationId":"victim"}}}',
  '{"verificationId":"victim","verificationId":"nobody"}',
  `{"verificationId":"${'x'.repeat(50_000)}"}`,
  `{"verificationId":"${'x'.repeat(10_000_000)}"}`,
  `{"verificationId":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  '{"verificationId":',
];

interface Sent {
  readonly body?: string;
  readonly type?: string;
  readonly method?: string;
}

describe.each(Object.keys(platforms) as Platform[])('a hostile request on %s', (platform) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({ sandbox, platform, controllers: [LoginController] });
    for (const verificationId of VICTIMS) {
      await app.feedback.send({ verificationId, dst: '+14155550123', src: '1', text: 'Code 1' });
    }
  });

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
  });

  const request = async (
    path: string,
    { body, type = 'application/json', method = 'POST' }: Sent,
  ) => {
    const response = await fetch(`${app.url}/${path}`, {
      method,
      headers: { 'content-type': type, connection: 'close' },
      body,
    });
    const { date, ...headers } = Object.fromEntries(response.headers);
    expect(date).toBeDefined();
    return { status: response.status, headers, text: await response.text() };
  };

  /** The decorated handler answers as its plain twin does, and no victim is settled. */
  const changesNothing = async (path: string, sent: Sent): Promise<void> => {
    const plain = await request(`plain/${path}`, sent);
    const tracked = await request(`tracked/${path}`, sent);
    const asPlain = (text: string) => text.replaceAll('/tracked/', '/plain/');
    expect({ ...tracked, text: asPlain(tracked.text) }).toEqual({
      ...plain,
      headers: { ...plain.headers, ...lengths(tracked.headers) },
    });
    expect(app.events.of('recorded')).toEqual([]);
  };

  it.each(BODIES.map((body) => [body.length > 80 ? `${body.slice(0, 80)}…` : body, body]))(
    'with the body %j is answered as without the decorator, and settles nobody else',
    async (_, body) => changesNothing('login', { body }),
  );

  it('with any JSON at all is answered as without the decorator, and settles nobody else', async () => {
    const id = fc
      .oneof(fc.jsonValue(), anyText())
      .filter(
        (value) => !VICTIMS.includes(typeof value === 'number' ? String(value) : (value as string)),
      );
    const body = fc.oneof(
      fc.json(),
      id.map((verificationId) => JSON.stringify({ verificationId })),
    );
    await fc.assert(
      fc.asyncProperty(body, (json) => changesNothing('login', { body: json })),
      { numRuns: 60 },
    );
  });

  it.each([
    ['verificationId[]=victim', 'application/x-www-form-urlencoded'],
    ['verificationId[toString]=victim', 'application/x-www-form-urlencoded'],
    ['__proto__[verificationId]=victim', 'application/x-www-form-urlencoded'],
    ['{"verificationId":"victim"}', 'text/plain'],
    ['<verificationId>victim</verificationId>', 'application/xml'],
  ])('with the body %j as %s is answered as without the decorator', async (body, type) =>
    changesNothing('login', { body, type }),
  );

  it.each([
    '?verificationId=victim&verificationId=nobody',
    '?verificationId[0]=victim',
    '?verificationId[a]=victim',
  ])('with the query %s is answered as without the decorator, and settles nobody', async (query) =>
    changesNothing(`login${query}`, { method: 'GET' }),
  );

  it.each(Object.keys(RETURNED))('doesn’t change %s that a handler returns', async (name) =>
    changesNothing(`returned/${name}`, { body: '{"verificationId":"nobody"}' }),
  );

  it.each(['proto', 'constructor', 'method', 'length'])(
    'settles nobody by what every object has (%s)',
    async (path) => {
      for (const body of ['{}', '[]', '{"code":"victim"}']) {
        const before = app.events.of('unmatched').length;
        const { status } = await request(`tracked/${path}`, { body });
        expect(status).toBe(201);
        expect(app.events.of('unmatched')).toHaveLength(before + 1);
      }
      expect(app.events.of('recorded')).toEqual([]);
    },
  );

  it.each([
    ['route/mine', '{"verificationId":"victim"}'],
    ['query?verificationId=mine', '{"verificationId":"victim"}'],
    ['route/mine?verificationId=victim', '{}'],
    ['route/6', '{"verificationId":7}'],
  ])('to %s, that names another verification in %s, settles neither', async (path, body) => {
    const before = app.events.of('unmatched').length;
    const { status } = await request(`tracked/${path}`, { body });
    expect(status).toBe(201);
    expect(app.events.of('unmatched').slice(before)).toMatchObject([
      { reason: 'the parts of the request name different verifications' },
    ]);
    expect(app.events.of('recorded')).toEqual([]);
  });

  it('says of each handler once what was wrong, on one line, and nothing of what was sent', () => {
    const ours = app.log.lines.filter((line) => line.includes('ConversionFeedback'));
    const faulty = ours.filter((line) => line.includes('LoginController'));
    expect(faulty.length).toBeGreaterThan(0);
    expect(faulty.length).toBeLessThanOrEqual(7 * 2);
    for (const line of faulty) expect(line).not.toMatch(/victim|\p{Cc}/u);
  });

  it('leaves those who are honest their conversion', async () => {
    const { messageUuid } = sandbox.messages.find((_, index) => VICTIMS[index] === '6')!;
    await request('tracked/route/6?verificationId=6', { body: '{"verificationId":6}' });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
    expect(app.events.of('recorded')).toHaveLength(1);
    expect(({} as Record<string, unknown>).verificationId).toBeUndefined();
  });
});

/** A 404 of the framework's names the path, which is longer by the prefix. */
function lengths({ etag, 'content-length': length }: Record<string, string>): object {
  return { ...(etag && { etag }), ...(length && { 'content-length': length }) };
}
