import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionStatus, LmdbConversionStorage } from '../../../lib/index.js';
import { resolveOptions } from '../../../lib/conversion-feedback.options.js';
import { systemClock } from '../../../lib/delivery/clock.js';
import { DeliveryLoop } from '../../../lib/delivery/delivery-loop.js';
import type { ReportQueue } from '../../../lib/delivery/report-queue.js';
import { PlivoClient } from '../../../lib/plivo/plivo-client.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';
import { tempFolder } from '../../support/temp-folder.js';

const report = () => ({
  messageUuid: newUuid(),
  status: ConversionStatus.CONVERTED,
  timestamp: new Date(),
});

describe('requests that aren’t answered until a process may wait no longer', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(() => folder.remove());

  it('are cut before another process sends those reports', async () => {
    const [first, second] = [storageHost(), storageHost()];
    const [ending, taking] = [first, second].map(() => new LmdbConversionStorage(folder));
    await ending.open(first.host);
    await taking.open(second.host);
    const answer = first.provider.hold();
    await ending.enqueue(report());
    ending.deliver();
    await first.provider.until(1);
    taking.deliver();

    const ended = ending.stopDelivering(0);
    await second.provider.until(1);
    expect(first.provider.abandoned).toBe(true);
    expect(second.provider.received).toEqual([
      expect.objectContaining({ messageUuid: first.provider.received[0].messageUuid }),
    ]);
    answer();
    await ended;
    await Promise.all([ending.close(), taking.close()]);
  });

  it('are not cut where all were answered in time', async () => {
    const { host, provider, events } = storageHost();
    const storage = new LmdbConversionStorage(folder);
    await storage.open(host);
    await storage.enqueue(report());
    storage.deliver();
    await events.until('delivered');
    await storage.stopDelivering(1_000);
    expect(provider.abandoned).toBe(false);
    await storage.close();
  });
});

describe('a process that delivers no more', () => {
  it('says that requests were left in flight, though they were cut since', async () => {
    const { host, provider } = storageHost();
    const { status, timestamp, messageUuid } = report();
    const waiting = [
      { key: 1, revision: 1, messageUuid, status, timestamp, replaces: false, attempts: 0, age: 0 },
    ];
    const noted: string[] = [];
    const queue = {
      due: () => waiting.splice(0),
      nextDue: () => undefined,
      sweep: async () => undefined,
      retry: async () => void noted.push('retry'),
    } as unknown as ReportQueue;
    const loop = new DeliveryLoop(queue, provider.deliver, settings, {
      ...host,
      mayRequest: () => true,
      storageFailed: (error) => {
        throw error;
      },
    });
    provider.answers.push({ kind: 'not-now', reason: { message: 'cut' } });
    const cut = provider.hold();
    loop.start();
    await provider.until(1);

    expect(await loop.stop(0)).toBe(false);
    cut();
    expect(await loop.stop(1_000)).toBe(true);
    expect(noted).toEqual(['retry']);
    expect(loop.hasInFlight).toBe(true);
    loop.start();
    expect(loop.hasInFlight).toBe(false);
    await loop.stop(0);
  });
});

describe('cutting reports', () => {
  let server: Server;
  let plivo: PlivoClient;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}`;
    const options = { authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'x'.repeat(40), baseUrl };
    plivo = new PlivoClient(resolveOptions(options), systemClock);
  });

  afterEach(() => {
    plivo.close();
    server.closeAllConnections();
    server.close();
  });

  it('ends their connections, and leaves messages that are being sent alone', async () => {
    const reporting = plivo.report(report());
    const [reportRequest] = await once(server, 'request');
    const gone = once(reportRequest.socket, 'close');
    const sending = plivo.send({
      verificationId: 'login-1',
      dst: '+14155550123',
      src: '+14155550100',
      text: 'Your code is 123456',
    });
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];

    plivo.abandonReports();
    expect(await reporting).toMatchObject({ kind: 'not-now' });
    await gone;
    const messageUuid = newUuid();
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ api_id: 'api', message_uuid: [messageUuid] }));
    expect(await sending).toEqual({ messageUuid, apiId: 'api' });
  });

  it('lets later ones go out', async () => {
    plivo.abandonReports();
    server.on('request', (_, response: ServerResponse) => {
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"api_id":"api"}');
    });
    expect(await plivo.report(report())).toMatchObject({ kind: 'done' });
  });
});
