import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionFeedbackModuleOptions, ConversionStatus } from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { Child } from '../support/child.js';
import { Certificate, HttpsProvider, selfSigned } from '../support/https-provider.js';
import { Proxy } from '../support/proxy.js';
import { tempFolder } from '../support/temp-folder.js';

const DAY = 86_400_000;
const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';
const message = {
  verificationId: 'v',
  dst: '+14155550177',
  src: '14155550100',
  text: 'Your code is 471147',
};
const TOKEN = /TOKENMARKER|VE9LRU5NQVJLRV|authorization/i;

let ours: Certificate;
let elsewhere: Certificate;
let expired: Certificate;

beforeAll(async () => {
  ours = await selfSigned({ ip: '127.0.0.1' });
  elsewhere = await selfSigned({ name: 'elsewhere.example' });
  expired = await selfSigned({ ip: '127.0.0.1' }, new Date(Date.now() - DAY));
});

describe('over TLS', () => {
  let sandbox: PlivoSandbox;
  let provider: HttpsProvider | undefined;
  let app: RunningApp | undefined;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(async () => {
    await app?.close();
    await provider?.stop();
    await sandbox.stop();
    app = provider = undefined;
  });

  const start = async (
    certificate: Certificate,
    http?: ConversionFeedbackModuleOptions['http'],
  ): Promise<RunningApp> => {
    provider = await HttpsProvider.start(certificate);
    app = await startApp({ sandbox, options: { baseUrl: provider.url, http } });
    return app;
  };

  it.each([
    ['that nobody vouches for', () => ours, () => undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of another host', () => elsewhere, () => elsewhere, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', () => expired, () => expired, 'CERT_HAS_EXPIRED'],
    ['that another CA vouches for', () => ours, () => elsewhere, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])(
    'nothing is sent to a provider with a certificate %s, and nothing is lost',
    async (_, certificate, trusted, code) => {
      const ca = trusted()?.cert;
      const { feedback, events } = await start(
        certificate(),
        ca === undefined ? undefined : { httpsAgent: new Agent({ ca }) },
      );
      await expect(feedback.send(message)).rejects.toMatchObject({
        outcomeUnknown: false,
        message: expect.stringContaining(code),
      });
      await feedback.reportMessage(uuid, ConversionStatus.CONVERTED);
      await events.until('retrying');
      expect(await feedback.counts()).toMatchObject({ pending: 1, failed: 0 });
      expect(provider!.requests).toEqual([]);
    },
  );

  it('all is sent to a provider whose CA is in http.httpsAgent', async () => {
    const { feedback, events } = await start(ours, { httpsAgent: new Agent({ ca: ours.cert }) });
    const { messageUuid } = await feedback.send(message);
    await feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
    await events.until('delivered');
    expect(provider!.requests).toEqual([
      '/v1/Account/MASANDBOXAUTHID00000/Message/',
      `/v1/account/MASANDBOXAUTHID00000/message/${messageUuid}/conversion/`,
    ]);
  });

  it('nothing is said in the clear to a provider that speaks no TLS', async () => {
    let received = '';
    const plain = createServer();
    plain.on('connection', (socket) =>
      socket.on('data', (data) => (received += data.toString('latin1'))),
    );
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    app = await startApp({ sandbox, options: { baseUrl: `https://127.0.0.1:${port}` } });
    await expect(app.feedback.send(message)).rejects.toThrow(/the connection failed/);
    expect(received).not.toBe('');
    expect(received).not.toMatch(/POST|authorization|471147|4155550177/i);
    plain.closeAllConnections();
    await new Promise((resolve) => plain.close(resolve));
  });
});

describe('a redirect', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let overHttp: PlivoSandbox;
  let overHttps: HttpsProvider;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
    overHttp = await PlivoSandbox.start();
    overHttps = await HttpsProvider.start(ours);
    app = await startApp({
      sandbox,
      options: {
        http: { httpsAgent: new Agent({ ca: ours.cert }) },
        delivery: { backoff: { initial: 1, max: 1 } },
      },
    });
  });

  afterAll(async () => {
    await app.close();
    await Promise.all([sandbox.stop(), overHttp.stop(), overHttps.stop()]);
  });

  it.each([300, 301, 302, 303, 305, 307, 308])('(%d) isn’t followed anywhere', async (status) => {
    for (const location of [
      overHttp.url,
      overHttps.url,
      `${sandbox.url}/sandbox/reset`,
      '//x',
      '/',
    ]) {
      const headers = { location, refresh: `0; url=${location}` };
      sandbox.fail({ status, headers, on: 'message' });
      await expect(app.feedback.send(message)).rejects.toMatchObject({ status });
      sandbox.fail({ status, headers, on: 'conversion' });
      const delivered = app.events.of('delivered').length;
      const { messageUuid } = await app.feedback.send(message);
      await app.feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
      await app.events.until('delivered', delivered + 1);
    }
    expect(overHttp.requests).toEqual([]);
    expect(overHttps.trusted).toBe(0);
    expect(sandbox.messages).not.toEqual([]);
  });
});

interface Sending {
  readonly env: Record<string, string>;
  readonly baseUrl: string;
  readonly http?: object;
}

describe('the environment', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let trusted: HttpsProvider;
  let untrusted: HttpsProvider;
  let plain: PlivoSandbox;
  const proxies: Record<string, Proxy> = {};
  const outcomes: Record<string, string> = {};

  /** What an app is to send, each with a proxy of its own. */
  const SENDINGS: Record<string, (proxy: Proxy) => Sending> = {
    'no check': () => ({ baseUrl: untrusted.url, env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
    'a CA': () => ({ baseUrl: trusted.url, env: {} }),
    'a proxy': ({ url }) => ({ baseUrl: trusted.url, env: { HTTPS_PROXY: url } }),
    'a proxy and no check': ({ url }) => ({
      baseUrl: untrusted.url,
      env: { HTTPS_PROXY: url, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    }),
    NO_PROXY: ({ url }) => ({
      baseUrl: trusted.url,
      env: { HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' },
    }),
    'http.proxy: false': ({ url }) => ({
      baseUrl: trusted.url,
      env: { HTTPS_PROXY: url },
      http: { proxy: false },
    }),
    'a proxy for http': ({ url }) => ({
      baseUrl: plain.url,
      env: { HTTP_PROXY: url, http_proxy: url, ALL_PROXY: url },
    }),
    'http.proxy': ({ port }) => ({
      baseUrl: trusted.url,
      env: {},
      http: { proxy: { protocol: 'http', host: '127.0.0.1', port } },
    }),
  };

  beforeAll(async () => {
    folder = await tempFolder();
    const ca = join(folder.path, 'ca.pem');
    await writeFile(ca, ours.cert);
    trusted = await HttpsProvider.start(ours);
    untrusted = await HttpsProvider.start(await selfSigned({ ip: '127.0.0.1' }));
    plain = await PlivoSandbox.start({
      authId: 'MAXXXXXXXXXXXXXXXXXX',
      authToken: 'TOKENMARKER0123456789',
    });
    const names = Object.keys(SENDINGS);
    for (const name of names) proxies[name] = await Proxy.start();
    const sendings = names.map((name) => SENDINGS[name](proxies[name]));
    const noProxy = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
      [name, ''],
      [name.toLowerCase(), ''],
    ]);
    const sender = await Child.start('test/support/processes/sender.mjs', {
      ...(Object.fromEntries(noProxy) as Record<string, string>),
      NODE_EXTRA_CA_CERTS: ca,
      SENDINGS: JSON.stringify(sendings),
    });
    expect(await sender.ended()).toBe(0);
    const said = [...sender.output.matchAll(/^outcome: (.*)$/gm)];
    names.forEach((name, index) => (outcomes[name] = said[index][1]));
    await sender.stop();
  });

  afterAll(async () => {
    const all = [...Object.values(proxies), trusted, untrusted, plain];
    await Promise.all(all.map((each) => each.stop()));
    await folder.remove();
  });

  it('can’t turn the check of certificates off, nor make a proxy’s word stand for one', () => {
    expect(outcomes['no check']).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.*wasn't sent/);
    expect(outcomes['a proxy and no check']).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.*wasn't sent/);
    expect(proxies['a proxy and no check'].tunnels).toEqual([new URL(untrusted.url).host]);
    expect(untrusted.requests).toEqual([]);
  });

  it('can name a CA to trust (NODE_EXTRA_CA_CERTS)', () => {
    expect(outcomes['a CA']).toBe('sent');
  });

  it.each(['a proxy', 'http.proxy'])(
    'can name a proxy, which tunnels and reads nothing but the host’s name (%s)',
    (name) => {
      expect(outcomes[name]).toBe('sent');
      expect(proxies[name].tunnels).toEqual([new URL(trusted.url).host]);
      expect(proxies[name].seen).not.toMatch(TOKEN);
    },
  );

  it.each(['NO_PROXY', 'http.proxy: false'])('leaves the proxy out with %s', (name) => {
    expect(outcomes[name]).toBe('sent');
    expect(proxies[name].seen).toBe('');
  });

  it('can’t lead what goes to this machine in plain http through a proxy that would read it', () => {
    expect(outcomes['a proxy for http']).toBe('sent');
    expect(proxies['a proxy for http'].seen).toBe('');
    expect(plain.messages).toHaveLength(1);
  });
});
