import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { Observable, Subject, concat, firstValueFrom, of, throwError } from 'rxjs';
import { ConversionStatus, TrackConversion, TrackConversionInterceptor } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Platform, RunningApp, platforms, startApp } from '../support/app.js';

/** What both platforms' responses can do. */
interface AnyResponse {
  status(code: number): AnyResponse;
  send(body: unknown): void;
}

interface VerifyDto {
  verificationId: string;
  code?: string;
  request?: { id: string };
  messageUuid?: string;
}

const checked = (dto: VerifyDto): boolean => dto.code === '123456';
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

  @Post('promise')
  @TrackConversion()
  async promise(@Body() dto: VerifyDto) {
    if (!checked(dto)) throw new BadRequestException('wrong code');
    return { token: 'session' };
  }

  @Post('observable')
  @TrackConversion()
  observable(@Body() dto: VerifyDto): Observable<unknown> {
    return checked(dto)
      ? concat(of({ ok: false }), of({ ok: true }))
      : throwError(() => new BadRequestException());
  }

  @Post('nothing')
  @HttpCode(204)
  @TrackConversion()
  nothing(@Body() dto: VerifyDto) {
    if (!checked(dto)) throw new BadRequestException();
  }

  @Post('passthrough')
  @TrackConversion()
  passthrough(@Body() dto: VerifyDto, @Res({ passthrough: true }) response: AnyResponse) {
    response.status(checked(dto) ? 200 : 401);
    return 'done';
  }

  @Post('bare')
  @TrackConversion()
  bare(@Body() dto: VerifyDto, @Res() response: AnyResponse) {
    response.status(checked(dto) ? 200 : 401).send({ by: 'hand' });
  }

  @Post('bare-later')
  @TrackConversion()
  bareLater(@Body() dto: VerifyDto, @Res() response: AnyResponse) {
    setImmediate(() => response.status(checked(dto) ? 200 : 401).send({ by: 'hand' }));
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

  @Post('other-means')
  @TrackConversion({ status: ConversionStatus.CONVERTED_WITH_OTHERS })
  otherMeans() {
    return {};
  }

  @Post('twice')
  @UseInterceptors(TrackConversionInterceptor)
  @TrackConversion()
  twice() {
    return {};
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

  @Post('undecorated')
  undecorated(@Body() dto: VerifyDto) {
    return { verified: checked(dto) };
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

describe.each(Object.keys(platforms) as Platform[])('a decorated handler on %s', (platform) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let count = 0;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      platform,
      controllers: [VerifyController, DecoratedController],
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
    ['a value', 'value', 201],
    ['a promise', 'promise', 201],
    ['an observable', 'observable', 201],
    ['nothing, with a status of its own', 'nothing', 204],
    ['a status set through the response', 'passthrough', 200],
    ['an answer of its own', 'bare', 200],
    ['an answer of its own that comes later', 'bare-later', 200],
    ['a value that its own predicate judges', 'when', 201],
  ])('reports a success that it returns as %s', async (_, path, status) => {
    const { verificationId, messageUuid } = await sent();
    const before = Date.now();
    const response = await app.post(`/${path}`, { verificationId, code: '123456' });
    const after = Date.now();
    expect(response.status).toBe(status);
    const conversion = await sandbox.waitForConversion(messageUuid);
    expect(conversion.status).toBe('CONVERTED');
    expect(Date.parse(conversion.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(conversion.timestamp)).toBeLessThanOrEqual(
      after + (path === 'bare-later' ? 1_000 : 0),
    );
  });

  it.each([
    ['by its value', 'value', 201],
    ['by throwing', 'promise', 400],
    ['by an observable’s error', 'observable', 400],
    ['by a status set through the response', 'passthrough', 401],
    ['by an answer of its own', 'bare', 401],
    ['by an answer of its own that comes later', 'bare-later', 401],
    ['by what its own predicate says', 'when', 201],
  ])('reports nothing for a failure that it tells %s', async (_, path, status) => {
    const { verificationId } = await sent();
    const response = await app.post(`/${path}`, { verificationId, code: '000000' });
    expect(response.status).toBe(status);
    await nothingIsReported();
    expect(await app.feedback.counts()).toMatchObject({ pending: 0 });
  });

  it('reports once however often the interceptor is bound', async () => {
    const { verificationId, messageUuid } = await sent();
    await app.post('/twice', { verificationId });
    await sandbox.waitForConversion(messageUuid);
    await app.feedback.flush();
    expect(sandbox.conversions).toHaveLength(1);
  });

  it('reports nothing without the decorator', async () => {
    const { verificationId } = await sent();
    const response = await app.post('/undecorated', { verificationId, code: '123456' });
    expect(await response.json()).toEqual({ verified: true });
    await nothingIsReported();
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

  it('answers as ever where the verification is unknown', async () => {
    const response = await app.post('/value', { verificationId: 'unheard-of', code: '123456' });
    expect(await response.json()).toEqual({ verified: true });
    expect(app.events.of('unmatched').at(-1)).toMatchObject({ verificationId: 'unheard-of' });
  });

  it('reports a success whose client hung up before the answer', async () => {
    const { verificationId, messageUuid } = await sent();
    const body = JSON.stringify({ verificationId });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const client = httpRequest(`${app.url}/slow`, { method: 'POST', headers });
    client.on('error', () => {});
    const started = firstValueFrom(slow.started);
    const finished = firstValueFrom(slow.finished);
    client.end(body);
    await started;
    const hungUp = new Promise((resolve) => client.once('close', resolve));
    client.destroy();
    await hungUp;
    slow.goOn.next();
    await finished;
    expect(await sandbox.waitForConversion(messageUuid)).toMatchObject({ status: 'CONVERTED' });
  });
});
