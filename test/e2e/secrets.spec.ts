import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post } from '@nestjs/common';
import axios from 'axios';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LmdbConversionStorage, TrackConversion } from '../../lib/index.js';
import { PlivoSandbox, SandboxFault } from '../../lib/sandbox/index.js';
import { RunningApp, startApp } from '../support/app.js';
import { filesBelow, tempFolder } from '../support/temp-folder.js';

const authToken = 'TOKENMARKER0123456789';
const code = 'CODEMARKER471147';
const number = '14155550177';
const basic = Buffer.from(`MAXXXXXXXXXXXXXXXXXX:${authToken}`).toString('base64');
const secrets = new RegExp(`${authToken}|${code}|${number}|${basic}`);

@Controller()
class VerifyController {
  @Post('verify')
  @TrackConversion()
  verify(@Body() dto: object) {
    return { ok: dto !== undefined };
  }
}

/** Everything of a value that anybody could print. */
const all = (value: unknown): string =>
  inspect(value, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(value);

describe('token, code and number', () => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
    sandbox = await PlivoSandbox.start({ authId: 'MAXXXXXXXXXXXXXXXXXX', authToken });
    app = await startApp({
      sandbox,
      controllers: [VerifyController],
      options: {
        storage: new LmdbConversionStorage({ path: join(folder.path, 'store') }),
        delivery: { timeout: 200, backoff: { initial: 1, max: 1 } },
      },
    });
  });

  afterEach(async () => {
    await app.close();
    await sandbox.stop();
    await folder.remove();
  });

  const message = {
    verificationId: number,
    dst: `+${number}`,
    src: '14155550100',
    text: `Your code is ${code}`,
  };

  const faults: [string, SandboxFault][] = [
    [
      '401',
      {
        status: 401,
        body: JSON.stringify({ error: `wrong token ${authToken} for ${number}: ${code}` }),
      },
    ],
    [
      '400',
      { status: 400, body: JSON.stringify({ error: `"Your code is ${code}" to +${number}` }) },
    ],
    ['500', { status: 500, body: JSON.stringify({ error: ['nested', { number }] }) }],
    ['a cut connection', { reset: 'before' }],
    ['silence', { hang: true }],
    ['HTML', { status: 200, body: `<p>${authToken}</p>` }],
  ];

  it.each(faults)(
    'are in no error, event, log line, failed report or byte of the store after %s',
    async (_, fault) => {
      sandbox.fail({ ...fault, on: 'message' });
      const error: unknown = await app.feedback.send(message).catch((caught: unknown) => caught);
      expect(all(error)).not.toMatch(secrets);
      expect(all(error)).toContain('PlivoRequestError');

      await app.feedback.send(message);
      // Plivo isn't told the text again when a conversion is reported: it can't repeat it.
      const body = fault.body?.replaceAll(code, 'text');
      sandbox.fail({ ...fault, body, on: 'conversion' });
      await app.post('/verify', { verificationId: number });
      const outcome = fault.status === 400 ? 'failed' : 'retrying';
      await app.events.until(outcome);
      const told = app.events.all.filter(
        (event) => event.type !== 'tracked' && event.type !== 'recorded',
      );
      expect(all(told)).not.toMatch(secrets);
      expect(all(await app.feedback.failed())).not.toMatch(secrets);
      expect(app.log.lines.join('\n')).not.toMatch(secrets);
      for (const file of await filesBelow(join(folder.path, 'store'))) {
        expect(await readFile(file, 'latin1')).not.toMatch(secrets);
      }
    },
  );

  it.each([
    ['a code without a digit', 'the code KQXWZB is a forbidden word'],
    ['half of the text', 'text "Your code is KQX" is too long'],
    ['the address for the delivery status', 'https://app.example/dlr?key=s3cretKey is unreachable'],
    ['a piece of it', 'https://app.example/dlr?key=s3cr...'],
  ])('are in no error that repeats %s', async (_, error) => {
    sandbox.fail({ status: 400, body: JSON.stringify({ error }), on: 'message' });
    const text = 'Your code is KQXWZB. It is good for five minutes';
    const sent = { ...message, text, url: 'https://app.example/dlr?key=s3cretKey' };
    const failure: unknown = await app.feedback.send(sent).catch((caught: unknown) => caught);
    expect(all(failure)).toContain('PlivoRequestError');
    expect(all(failure)).not.toMatch(/KQX|s3cr/);
  });

  it('are kept where nobody else of the machine can read', async () => {
    await app.feedback.send(message);
    const store = join(folder.path, 'store');
    for (const path of [store, join(store, 'gate')])
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const file of await filesBelow(store)) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('leave no trace in the axios that the host shares with us, nor does the host’s reach us', async () => {
    const leaked: unknown[] = [];
    axios.defaults.headers.common['X-Host-Header'] = 'of the host';
    axios.defaults.baseURL = 'http://127.0.0.1:1/host';
    axios.defaults.params = { ofTheHost: 'too' };
    axios.defaults.auth = { username: 'host', password: 'of-the-host' };
    const interceptor = axios.interceptors.request.use((config) => {
      leaked.push(config);
      return config;
    });
    try {
      const hostile = await startApp({ sandbox });
      await hostile.feedback.send(message);
      const { path, headers } = sandbox.requests.at(-1)!;
      expect(path).toBe('/v1/Account/MAXXXXXXXXXXXXXXXXXX/Message/');
      expect(headers).not.toHaveProperty('x-host-header');
      expect(headers.authorization).toBe(`Basic ${basic}`);
      expect(leaked).toEqual([]);
      await hostile.close();
    } finally {
      delete axios.defaults.headers.common['X-Host-Header'];
      delete axios.defaults.baseURL;
      delete axios.defaults.params;
      delete axios.defaults.auth;
      axios.interceptors.request.eject(interceptor);
    }
  });
});
