import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, Param, Post, Query, Req, Scope, Sse } from '@nestjs/common';
import { EMPTY, Observable, Subject, firstValueFrom } from 'rxjs';
import { ConversionStatus, TrackConversion } from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { Platform, RunningApp, platforms, startApp } from '../../support/app.js';

interface VerifyDto {
  verificationId: string;
  code?: string;
  request?: { id: string };
  messageUuid?: string;
}

const checked = (dto: VerifyDto): boolean => dto.code === '123456';
/** Says when the stream of events was ended. */
const stream = { ended: new Subject<void>() };
/** How far the slow handler is, and what lets it go on. */
const slow = {
  started: new Subject<void>(),
  goOn: new Subject<void>(),
  finished: new Subject<void>(),
};

@Controller()
class VerifyController {
  @Post('value')
  @TrackConversion()
  value(@Body() dto: VerifyDto) {
    return { verified: checked(dto) };
  }

  @Get('query')
  @TrackConversion()
  query(@Query('verificationId') id: string) {
    return { id };
  }

  @Delete('route/:verificationId')
  @TrackConversion()
  route(@Param('verificationId') id: string) {
    return { id };
  }

  @Post('path')
  @TrackConversion({ verificationId: 'request.id' })
  path(@Body() dto: VerifyDto) {
    return { id: dto.request?.id };
  }

  @Post('by-function')
  @TrackConversion<{ session: string }>({ verificationId: async (result) => result.session })
  byFunction(@Body() dto: VerifyDto) {
    return { session: dto.verificationId };
  }

  @Post('named')
  @TrackConversion({
    messageUuid: (_, context) =>
      context.switchToHttp().getRequest<{ body: VerifyDto }>().body.messageUuid,
  })
  named() {
    return {};
  }

  @Post('when')
  @TrackConversion<{ step: string }>({ when: async ({ step }) => step === 'logged-in' })
  when(@Body() dto: VerifyDto) {
    return { step: checked(dto) ? 'logged-in' : 'again' };
  }

  @Post('throwing-predicate')
  @TrackConversion({
    when: () => {
      throw new Error('secret of the app');
    },
  })
  throwingPredicate() {
    return { still: 'fine' };
  }

  @Post('unreadable')
  @TrackConversion()
  unreadable() {
    return Object.defineProperty({}, 'verified', {
      get: () => {
        throw new RangeError('secret of the app');
      },
    });
  }

  @Post('other-means')
  @TrackConversion({ status: ConversionStatus.CONVERTED_WITH_OTHERS })
  otherMeans() {
    return {};
  }

  @Sse('stream')
  @TrackConversion()
  events() {
    const endless = new Observable<{ data: string }>((subscriber) => {
      subscriber.next({ data: 'checking' });
      return () => stream.ended.next();
    });
    return endless;
  }

  @Post('empty')
  @TrackConversion()
  empty(): Observable<unknown> {
    return EMPTY;
  }

  @Post('left/:how')
  @TrackConversion()
  async left(
    @Param('how') how: string,
    @Req() request: IncomingMessage | { raw: IncomingMessage },
  ) {
    const { socket } = 'raw' in request ? request.raw : request;
    slow.started.next();
    await once(socket, 'close');
    await new Promise(setImmediate);
    if (how === 'stream') return Readable.from(['welcome']);
    return Response.json({}, { status: how === 'refusal' ? 401 : 200 });
  }

  @Post('slow')
  @TrackConversion()
  async slow() {
    const goOn = firstValueFrom(slow.goOn);
    slow.started.next();
    await goOn;
    slow.finished.next();
    return {};
  }
}

@Controller({ path: 'per-request', scope: Scope.REQUEST })
@TrackConversion()
class ControllerOfARequest {
  constructor() {
    this.verify = this.verify.bind(this);
  }

  @Post()
  verify() {
    return {};
  }
}

@Controller('class')
@TrackConversion()
class DecoratedController {
  @Post('first')
  first() {
    return {};
  }

  @Post('second')
  @TrackConversion({ verificationId: 'request.id' })
  second() {
    return {};
  }
}

describe.each(Object.keys(platforms) as Platform[])('the decorator’s options on %s', (platform) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let count = 0;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      platform,
      controllers: [VerifyController, DecoratedController, ControllerOfARequest],
    });
  });

  afterAll(async () => {
    await app.close();
    await sandbox.stop();
  });

  afterEach(() => sandbox.reset());

  /** Sends a message for a new verification. */
  const sent = async () => {
    const verificationId = `verification-${platform}-${(count += 1)}`;
    const message = {
      verificationId,
      dst: '+14155550123',
      src: '14155550100',
      text: 'Code 123456',
    };
    const { messageUuid } = await app.feedback.send(message);
    return { verificationId, messageUuid };
  };

  const nothingIsReported = async () => {
    await app.feedback.flush();
    expect(sandbox.conversions).toEqual([]);
  };

  it.each([
    ['reports', 'success', '123456', 1],
    ['reports nothing of', 'failure', '000000', 0],
  ])('%s a %s by its own predicate', async (_, __, code, count) => {
    const { verificationId } = await sent();
    await app.post('/when', { verificationId, code });
    await app.feedback.flush();
    expect(sandbox.conversions).toHaveLength(count);
  });

  it('finds the verification in the query', async () => {
    const { verificationId, messageUuid } = await sent();
    await fetch(`${app.url}/query?verificationId=${verificationId}`);
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });

  it('finds the verification in the route', async () => {
    const { verificationId, messageUuid } = await sent();
    await fetch(`${app.url}/route/${verificationId}`, { method: 'DELETE' });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });

  it('finds the verification by a property path', async () => {
    const { verificationId, messageUuid } = await sent();
    await app.post('/path', { request: { id: verificationId } });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });

  it('finds the verification by an asynchronous function of the result', async () => {
    const { verificationId, messageUuid } = await sent();
    await app.post('/by-function', { verificationId });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });

  it('reports the message that the app names', async () => {
    const first = await sent();
    const text = 'Code 654321';
    const { verificationId } = first;
    const second = await app.feedback.send({
      verificationId,
      dst: '+14155550123',
      src: '14155550100',
      text,
    });
    await app.post('/named', { verificationId, messageUuid: first.messageUuid });
    expect(await sandbox.waitForConversion(first.messageUuid)).toMatchObject({
      status: 'CONVERTED',
    });
    expect(await sandbox.waitForConversion(second.messageUuid)).toMatchObject({
      status: 'CONVERTED_WITH_OTHERS',
    });
  });

  it('reports the status that the decorator names', async () => {
    const { verificationId, messageUuid } = await sent();
    await app.post('/other-means', { verificationId });
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({
      status: 'CONVERTED_WITH_OTHERS',
    });
  });

  it('is each handler of a decorated class, with its own options in the place of the class’s', async () => {
    const [first, second] = [await sent(), await sent()];
    await app.post('/class/first', { verificationId: first.verificationId });
    await app.post('/class/second', { request: { id: second.verificationId } });
    expect(await sandbox.waitForConversion(first.messageUuid)).toMatchObject({
      status: 'CONVERTED',
    });
    expect(await sandbox.waitForConversion(second.messageUuid)).toMatchObject({
      status: 'CONVERTED',
    });
  });

  it('answers as ever, reports nothing and says why where a predicate throws', async () => {
    const { verificationId } = await sent();
    const response = await app.post('/throwing-predicate', { verificationId });
    expect(await response.json()).toEqual({ still: 'fine' });
    await nothingIsReported();
    expect(app.events.of('unmatched').at(-1)).toMatchObject({
      reason: expect.stringContaining('threw (Error)'),
    });
    expect(app.log.lines.join('\n')).not.toContain('secret of the app');
  });

  it('answers as ever, reports nothing and says why where the value can’t be read', async () => {
    const { verificationId } = await sent();
    const response = await app.post('/unreadable', { verificationId });
    expect(await response.json()).toEqual({});
    await nothingIsReported();
    expect(app.events.of('unmatched').at(-1)).toMatchObject({
      reason:
        'what the handler received or returned can’t be read (RangeError): nothing is reported',
    });
    expect(app.log.lines.join('\n')).not.toContain('secret of the app');
  });

  it.each([
    ['there is none', {}],
    ['it is empty', { verificationId: '' }],
    ['it is an array', { verificationId: ['a'] }],
    ['it is an object', { verificationId: { $ne: '' } }],
    ['it is too long', { verificationId: 'x'.repeat(513) }],
  ])('answers as ever, and says that no verification was found, where %s', async (_, body) => {
    const before = app.events.of('unmatched').length;
    const response = await app.post('/value', { ...body, code: '123456' });
    expect(await response.json()).toEqual({ verified: true });
    expect(app.events.of('unmatched').slice(before)).toEqual([
      { type: 'unmatched', reason: expect.any(String) },
    ]);
    await nothingIsReported();
  });

  it('says once a handler what is wrong, though each request has a controller of its own', async () => {
    for (let requests = 0; requests < 3; requests += 1) await app.post('/per-request', {});
    expect(app.log.matching(/ControllerOfARequest\.verify: no verification id/)).toHaveLength(1);
  });

  it('answers as ever where the verification is unknown', async () => {
    const response = await app.post('/value', { verificationId: 'unheard-of', code: '123456' });
    expect(await response.json()).toEqual({ verified: true });
    expect(app.events.of('unmatched').at(-1)).toMatchObject({ verificationId: 'unheard-of' });
  });

  /** Asks a handler, and hangs up once it has started. */
  const hangUp = async (path: string, verificationId: string) => {
    const body = JSON.stringify({ verificationId });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const client = httpRequest(`${app.url}/${path}`, { method: 'POST', headers });
    client.on('error', () => {});
    const started = firstValueFrom(slow.started);
    client.end(body);
    await started;
    const hungUp = new Promise((resolve) => client.once('close', resolve));
    client.destroy();
    await hungUp;
  };

  it('reports a success whose client hung up before the answer', async () => {
    const { verificationId, messageUuid } = await sent();
    const finished = firstValueFrom(slow.finished);
    await hangUp('slow', verificationId);
    slow.goOn.next();
    await finished;
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });

  it('reports a web Response whose client had hung up by its own status', async () => {
    const refused = await sent();
    await hangUp('left/refusal', refused.verificationId);
    const { verificationId, messageUuid } = await sent();
    await hangUp('left/welcome', verificationId);
    await sandbox.waitForConversion(messageUuid);
    await app.feedback.flush();
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('says of a stream whose client had hung up that its outcome isn’t known', async () => {
    const { verificationId } = await sent();
    const said = app.events.of('unmatched').length;
    await hangUp('left/stream', verificationId);
    const events = await app.events.until('unmatched', said + 1);
    expect(events.at(-1)!.reason).toMatch(/client left before the handler had answered/);
    await nothingIsReported();
  });

  it('reports nothing of a handler that completes without a value, which Nest answers by 500', async () => {
    const { verificationId } = await sent();
    const { status } = await app.post('/empty', { verificationId });
    expect(status).toBe(500);
    await nothingIsReported();
  });

  it('reports nothing of an event stream that its client left before the end', async () => {
    const { verificationId } = await sent();
    const leaving = new AbortController();
    const response = await fetch(`${app.url}/stream?verificationId=${verificationId}`, {
      signal: leaving.signal,
    });
    await response.body!.getReader().read();
    const ended = firstValueFrom(stream.ended);
    leaving.abort();
    await ended;
    await nothingIsReported();
  });
});
