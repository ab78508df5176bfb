import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import { ConversionStatus, PlivoRequestError } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { RawAnswer, RawProvider, http } from '../support/raw-provider.js';

const TIMEOUT = 300;
const chunk = Buffer.alloc(65_536, 'x');

/** Writes for as long as the other end takes it. */
function endlessly(socket: Socket, bytes: Buffer | string): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();
}

const says =
  (...parts: (string | Buffer)[]): RawAnswer =>
  (socket) =>
    parts.forEach((part) => socket.write(part));

const packed = (encoding: string, body: Buffer): RawAnswer =>
  says(http(200, [`content-encoding: ${encoding}`, `content-length: ${body.length}`]), body);

const json = JSON.stringify({ api_id: 'a', message: 'x'.repeat(10_000_000) });
const ANSWERS: Record<string, RawAnswer> = {
  'a body of 10 MB': says(http(200, [`content-length: ${json.length}`], json)),
  'a failure of 10 MB': says(http(400, [`content-length: ${json.length}`], json)),
  'a body without end': (socket) => {
    socket.write(http(200, ['transfer-encoding: chunked']));
    endlessly(socket, Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]));
  },
  'a failure without end': (socket) => {
    socket.write(http(500, []));
    endlessly(socket, chunk);
  },
  'a body that trickles': (socket) => {
    socket.write(http(200, ['content-length: 100']));
    const timer = setInterval(() => socket.write(' '), 50);
    socket.on('close', () => clearInterval(timer));
  },
  'a gzip bomb': packed('gzip', gzipSync(Buffer.alloc(50_000_000))),
  'a brotli bomb': packed('br', brotliCompressSync(Buffer.alloc(50_000_000))),
  'gzip that is none': packed('gzip', Buffer.from('{"api_id":"a"}')),
  'headers without end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    endlessly(socket, `x-more: ${'x'.repeat(1_000)}\r\n`);
  },
  'a header of 1 MB': says(http(200, [`x-long: ${'x'.repeat(1_000_000)}`, 'content-length: 0'])),
  'preliminary answers without end': (socket) => endlessly(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  'another protocol': says(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ),
  'no HTTP': says('SSH-2.0-OpenSSH_9.2\r\n'),
  'a NUL in a header': says(http(200, ['x-\u0000: y', 'content-length: 2'], '{}')),
  'two lengths': says(http(200, ['content-length: 2', 'content-length: 3'], '{}')),
  'less than its length': (socket) => {
    socket.write(http(200, ['content-length: 100'], '{}'));
    socket.end();
  },
  'a status beyond 599': says(http(999, ['content-length: 2'], '{}')),
  'bytes that are no UTF-8': says(
    http(200, ['content-length: 4']),
    Buffer.from([0xff, 0xfe, 0, 1]),
  ),
  'a list': says(http(200, ['content-length: 4'], '[{}]')),
  null: says(http(200, ['content-length: 4'], 'null')),
  'nesting without an end': says(http(200, ['content-length: 60000'], '['.repeat(60_000))),
  nothing: says(http(200, ['content-length: 0'])),
};

describe('an answer of the provider', () => {
  let provider: RawProvider;
  let app: RunningApp;
  let sandbox: PlivoSandbox;

  beforeEach(async () => {
    provider = await RawProvider.start();
    sandbox = await PlivoSandbox.start();
    app = await startApp({
      sandbox,
      options: {
        baseUrl: provider.url,
        delivery: { timeout: TIMEOUT, backoff: { initial: 1, max: 1 } },
      },
    });
  });

  afterEach(async () => {
    await app.close();
    await provider.stop();
    await sandbox.stop();
  });

  it.each(Object.entries(ANSWERS))(
    'that is %s fails a send in time and in its own words, and a report is sent again',
    async (_, answer) => {
      const started = performance.now();
      provider.answerOnce(answer);
      const error: unknown = await app.feedback
        .send({ verificationId: 'v', dst: '+14155550177', src: '14155550100', text: 'Code 471147' })
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(PlivoRequestError);
      expect((error as Error).message.length).toBeLessThan(600);
      expect(performance.now() - started).toBeLessThan(TIMEOUT + 5_000);

      provider.answerOnce(answer);
      const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';
      await app.feedback.reportMessage(uuid, ConversionStatus.CONVERTED);
      // A refusal that can't be read is no refusal: the report isn't given up for it.
      const [{ reason }] = await app.events.until('retrying');
      expect(reason.message.length).toBeLessThanOrEqual(300);
      await app.events.until('delivered');
      expect(provider.requests).toBe(3);
      expect(await app.feedback.counts()).toMatchObject({ pending: 0, failed: 0 });
    },
  );
});
