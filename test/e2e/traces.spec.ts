import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  ConversionFeedbackService,
  ConversionStatus,
  LmdbConversionStorage,
  MemoryConversionStorage,
  StorageError,
  TrackConversion,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { markersIn } from '../support/forms.js';
import { Spans } from '../support/spans.js';
import { newUuid } from '../support/storage-host.js';
import { tempFolder } from '../support/temp-folder.js';

const NUMBER = '14155550123';
const CODE = '90471147';

/** Holds so many requests up until all are here; then all handlers go on at one moment. */
class Together {
  #open!: () => void;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));

  constructor(private missing: number) {}

  arrive(): Promise<void> {
    this.missing -= 1;
    if (this.missing === 0) this.#open();
    return this.#opened;
  }
}

let together: Together;

interface Requested {
  readonly path: string;
}

/** Each request has a span, as an instrumentation of the HTTP server gives it one. */
function spanOfRequest({ path }: Requested, response: NodeJS.EventEmitter, next: () => void) {
  trace.getTracer('app').startActiveSpan(`POST ${path}`, (span) => {
    response.on('finish', () => span.end());
    next();
  });
}

@Controller()
class OtpController {
  constructor(private readonly feedback: ConversionFeedbackService) {}

  @Post('send')
  send(@Body() { verificationId }: { verificationId: string }) {
    const text = `Your code is ${CODE}.`;
    return this.feedback.send({ verificationId, dst: NUMBER, src: '14155550100', text });
  }

  @Post('verify')
  @TrackConversion()
  verify(@Body() { code }: { verificationId: string; code: string }) {
    return { verified: code === CODE };
  }

  @Post('verify-together')
  @TrackConversion()
  async verifyTogether(@Body() { code }: { verificationId: string; code: string }) {
    await together.arrive();
    return { verified: code === CODE };
  }

  @Post('report')
  async report(@Body() { verificationId }: { verificationId: string }) {
    await this.feedback.report(verificationId);
  }

  @Post('report-message')
  async reportMessage(@Body() { messageUuid }: { messageUuid: string }) {
    await this.feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
  }
}

describe('the span of a delivery', () => {
  let spans: Spans;
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  const start = async (storage?: MemoryConversionStorage | LmdbConversionStorage) => {
    app = await startApp({
      sandbox,
      controllers: [OtpController],
      options: {
        storage: storage ?? new MemoryConversionStorage(),
        delivery: { backoff: { initial: 1, max: 1 } },
      },
      configure: (nest) => nest.use(spanOfRequest),
    });
  };

  const send = async (verificationId: string): Promise<string> => {
    const response = await app.post('/send', { verificationId });
    return ((await response.json()) as { messageUuid: string }).messageUuid;
  };

  const verify = (verificationId: string) => app.post('/verify', { verificationId, code: CODE });

  const deliveries = () => spans.named('report conversion');
  const linked = () => deliveries().flatMap(({ links }) => links.map(({ context }) => context));

  beforeEach(async () => {
    spans = new Spans();
    sandbox = await PlivoSandbox.start({ authToken: 'TOKENMARKER0123' });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await spans.stop();
  });

  it.each(['/verify', '/report'])(
    'is linked to that of the request which recorded the report: %s',
    async (path) => {
      await start();
      await send('v');
      await app.post(path, { verificationId: 'v', code: CODE });
      await app.events.until('delivered');

      const [request] = spans.named(`POST ${path}`);
      expect(linked()).toEqual([request.spanContext()]);
      const [delivery] = deliveries();
      expect(delivery.kind).toBe(SpanKind.CLIENT);
      expect(delivery.parentSpanContext).toBeUndefined();
      expect(delivery.spanContext().traceId).not.toBe(request.spanContext().traceId);
      expect(delivery.status.code).toBe(SpanStatusCode.UNSET);
      expect(delivery.attributes).toEqual({
        'conversion_feedback.account': 'default',
        'conversion_feedback.status': 'CONVERTED',
        'conversion_feedback.attempt': 1,
        'conversion_feedback.answer': 'done',
        'http.response.status_code': 200,
      });
    },
  );

  it('is linked where the message is reported by its uuid', async () => {
    await start();
    const messageUuid = await send('v');
    await app.post('/report-message', { messageUuid });
    await app.events.until('delivered');
    expect(linked()).toEqual([spans.named('POST /report-message')[0].spanContext()]);
  });

  it.each(['memory', 'lmdb'])(
    'is each linked to its own request where many come at once: %s',
    async (kind) => {
      const folder = await tempFolder();
      await start(kind === 'lmdb' ? new LmdbConversionStorage({ path: folder.path }) : undefined);
      const ids = Array.from({ length: 40 }, (_, i) => `verification-${i}`);
      for (const id of ids) await send(id);
      await Promise.all(ids.map(verify));
      await app.events.until('delivered', ids.length);
      const requests = spans.named('POST /verify').map((span) => span.spanContext().spanId);
      expect(
        linked()
          .map(({ spanId }) => spanId)
          .sort(),
      ).toEqual(requests.sort());
      await app.close();
      await folder.remove();
    },
  );

  it('is each linked to its own request where their handlers succeed at one moment', async () => {
    await start();
    const ids = ['a', 'b', 'c'];
    await Promise.all(ids.map(send));
    together = new Together(ids.length);
    const path = '/verify-together';
    await Promise.all(ids.map((verificationId) => app.post(path, { verificationId, code: CODE })));
    await app.events.until('delivered', ids.length);
    const requests = spans.named(`POST ${path}`).map((span) => span.spanContext().spanId);
    expect(new Set(requests).size).toBe(ids.length);
    expect(
      linked()
        .map(({ spanId }) => spanId)
        .sort(),
    ).toEqual(requests.sort());
  });

  it('is there for each request of a report, with what came of it', async () => {
    await start();
    await send('v');
    sandbox.fail({ status: 503, times: 1, on: 'conversion' });
    sandbox.fail({ reset: true, times: 1, on: 'conversion' });
    await verify('v');
    await app.events.until('delivered');

    expect(
      deliveries().map(({ attributes, status }) => [
        attributes['conversion_feedback.attempt'],
        attributes['conversion_feedback.answer'],
        attributes['http.response.status_code'],
        status.code,
      ]),
    ).toEqual([
      [1, 'not-now', 503, SpanStatusCode.ERROR],
      [2, 'not-now', undefined, SpanStatusCode.ERROR],
      [3, 'done', 200, SpanStatusCode.UNSET],
    ]);
    const [request] = spans.named('POST /verify');
    expect(linked()).toEqual(Array(3).fill(request.spanContext()));
  });

  it('is linked to its own request where the storage took many at once, after it was down', async () => {
    class Down extends MemoryConversionStorage {
      isDown = false;
      override async settle(...args: Parameters<MemoryConversionStorage['settle']>) {
        if (this.isDown) throw new StorageError('The disk is full');
        return super.settle(...args);
      }
    }
    const storage = new Down();
    await start(storage);
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await send(id);
    storage.isDown = true;
    for (const id of ids) await verify(id);
    storage.isDown = false;
    await app.events.until('delivered', ids.length);
    const requests = spans.named('POST /verify').map((span) => span.spanContext().spanId);
    expect(
      linked()
        .map(({ spanId }) => spanId)
        .sort(),
    ).toEqual(requests.sort());
  });

  it('has no link where nothing that is traced recorded the report', async () => {
    await start();
    const messageUuid = await send('v');
    await app.feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
    await app.events.until('delivered');
    expect(deliveries()).toHaveLength(1);
    expect(linked()).toEqual([]);
  });

  it('holds no number, code, id or token', async () => {
    await start();
    const verificationId = newUuid();
    const messageUuid = await send(verificationId);
    sandbox.fail({ status: 503, times: 1, on: 'conversion' });
    await verify(verificationId);
    await app.events.until('delivered');
    sandbox.fail({ status: 401, times: 1, on: 'conversion' });
    await app.post('/report-message', { messageUuid: newUuid() });
    await app.events.until('paused');

    const ours = deliveries().map(({ name, attributes, events, links, status }) => ({
      name,
      attributes,
      events,
      links,
      status,
    }));
    expect(ours).toHaveLength(3);
    const secrets = [NUMBER, CODE, verificationId, messageUuid, sandbox.authId, sandbox.authToken];
    expect(markersIn(JSON.stringify(ours), secrets)).toEqual([]);
  });
});
