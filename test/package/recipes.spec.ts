import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { ConsumerApp } from '../support/consumer-app.js';
import { OtpClient, wrongFor } from '../support/otp-client.js';
import { type CodeBlock, codeBlocks } from '../support/readme.js';
import { ROOT } from '../support/tarball.js';
import { tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { Webhook } from '../support/webhook.js';

const NUMBER = '14155550123';
const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** What went out by something else than Plivo. */
interface OtherMessage {
  channel: string;
  to: string;
  text: string;
}

/** The stock app's settings, but for the types of its test runner: the repository has another one. */
const TSCONFIG = { extends: './tsconfig.build.json', compilerOptions: { types: ['node'] } };

/** Logins of `send` and `verify`, whose every right code is a conversion of its message. */
const LOGINS = [
  'guarded',
  'passport',
  'sign-in',
  'same-code',
  'new-code',
  'voice',
  'second-provider',
  'instances',
];

describe('the flows of docs/recipes.md, in an app that Nest’s CLI made', () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let sandbox: PlivoSandbox;
  let others: Webhook<OtherMessage>;
  let app: ConsumerApp;
  let env: NodeJS.ProcessEnv;
  let url: string;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await tempFolder();
    sandbox = await PlivoSandbox.start();
    others = await Webhook.start<OtherMessage>();
    env = {
      PLIVO_AUTH_ID: sandbox.authId,
      PLIVO_AUTH_TOKEN: sandbox.authToken,
      PLIVO_BASE_URL: sandbox.url,
      CONVERSION_FEEDBACK_PATH: join(folder.path, 'store'),
      CODES_PATH: join(folder.path, 'codes'),
      OTHER_CHANNELS_URL: others.url,
      SESSION_SECRET: 'known to the test alone',
    };
    app = await ConsumerApp.generate(12, folder.path);
    // The repository's packages, itself among them.
    await symlink(join(ROOT, 'node_modules'), join(app.path, 'node_modules'));
    const recipes = await codeBlocks('docs/recipes.md');
    await app.paste(recipes);
    await app.write('src/app.module.ts', rootModule(recipes));
    await app.write('tsconfig.recipes.json', JSON.stringify(TSCONFIG));
    await app.script('build', {}, '--path', 'tsconfig.recipes.json');
    url = await start();
  }, 180_000);

  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await others?.stop();
    await sandbox?.stop();
    await folder?.remove();
  });

  beforeEach(() => sandbox.reset());

  /** Starts a process of the app. */
  async function start(more: NodeJS.ProcessEnv = {}): Promise<string> {
    const started = await app.start({ ...env, ...more });
    stops.push(() => started.stop());
    return started.url;
  }

  const client = (login: string, at = url): OtpClient => new OtpClient(at, sandbox, `/${login}`);

  /** What Plivo was told of each message, in the order they were sent, once nothing more is on its way. */
  async function reported(at = url): Promise<string[][]> {
    expect(await (await fetch(`${at}/flushed`)).json()).toBe(true);
    return sandbox.messages.map(({ conversions }) => conversions.map(({ status }) => status));
  }

  /** The code that went out by something else than Plivo last. */
  const otherCode = (): string => others.received.at(-1)!.text.replace(/\D/g, '');

  it.each(LOGINS)('%s: a right code is reported once, a wrong one never', async (login) => {
    const user = client(login);
    const { verificationId, code } = await user.send(NUMBER);

    expect(await user.verify(verificationId, wrongFor(code))).toMatchObject({ status: 401 });
    expect(await reported()).toEqual([[]]);

    expect(await user.verify(verificationId, code)).toMatchObject({ status: 201 });
    expect(await user.verify(verificationId, code)).toMatchObject({ status: 401 });
    expect(await reported()).toEqual([['CONVERTED']]);
  });

  describe('a guard, a strategy', () => {
    it.each(['guarded', 'passport'])('%s: the handler returns the session', async (login) => {
      const user = client(login);
      const { verificationId, code } = await user.send(NUMBER);

      const { body } = await user.verify(verificationId, code);

      expect(body).toMatchObject({ session: UUID });
    });
  });

  describe('one handler that logs in and registers', () => {
    it('reports a new user and a known one', async () => {
      const user = client('sign-in');
      const phoneNumber = '14155550124';

      const first = await user.send(phoneNumber);
      const registered = await user.verify(first.verificationId, first.code);
      const second = await user.send(phoneNumber);
      const loggedIn = await user.verify(second.verificationId, second.code);

      expect(registered.body).toEqual({ userId: UUID, isNew: true });
      expect(loggedIn.body).toEqual({ userId: registered.body.userId, isNew: false });
      expect(await reported()).toEqual([['CONVERTED'], ['CONVERTED']]);
    });
  });

  describe('one route that sends and verifies', () => {
    it('reports the login, and not that a code was asked for', async () => {
      const user = client('one-route');
      const asked = await user.post('/one-route', { phoneNumber: NUMBER });
      const { verificationId } = asked.body;
      const again = await user.post('/one-route', { verificationId });
      expect([asked.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual({ verificationId });
      expect(await reported()).toEqual([[], []]);

      const code = newestCode();
      const refused = await user.post('/one-route', { verificationId, code: wrongFor(code) });
      expect(refused.status).toBe(401);
      expect(await reported()).toEqual([[], []]);

      const { body } = await user.post('/one-route', { verificationId, code });
      expect(body).toEqual({ session: UUID });
      expect(await reported()).toEqual([['CONVERTED_WITH_OTHERS'], ['CONVERTED']]);
    });
  });

  describe('e-mail or SMS by a field', () => {
    it('reports the SMS, and neither a wrong code nor the e-mail', async () => {
      const user = client('contacts');
      const email = 'somebody@example.com';
      const sent = await user.post('/contacts/send', { phoneNumber: NUMBER, email });
      const { verificationId } = sent.body;
      const verify = (channel: string, code: string) =>
        user.post('/contacts/verify', { verificationId, channel, code });
      const [bySms, byEmail] = [newestCode(), otherCode()];
      expect(others.received.at(-1)).toMatchObject({ channel: 'email', to: email });

      const wrong = await verify('sms', wrongFor(bySms));
      expect(wrong).toMatchObject({ status: 200, body: { verified: false } });
      const right = await verify('email', byEmail);
      expect(right).toMatchObject({ status: 200, body: { verified: true } });
      expect(await reported()).toEqual([[]]);

      expect((await verify('sms', bySms)).body).toEqual({ verified: true });
      expect(await reported()).toEqual([['CONVERTED']]);
    });
  });

  describe('sent again with the same code', () => {
    it('reports the newest message CONVERTED, and the older ones CONVERTED_WITH_OTHERS', async () => {
      const user = client('same-code');
      const { verificationId, code } = await user.send(NUMBER);
      await user.resend(verificationId);
      const third = await user.resend(verificationId);
      expect(third.code).toBe(code);
      await user.verify(verificationId, wrongFor(code));
      expect(await reported()).toEqual([[], [], []]);

      await user.verify(verificationId, code);

      const others = ['CONVERTED_WITH_OTHERS'];
      expect(await reported()).toEqual([others, others, ['CONVERTED']]);
    });

    it('says nothing of the older ones with `superseded: false`', async () => {
      const silent = await start({
        SUPERSEDED: 'false',
        CONVERSION_FEEDBACK_PATH: join(folder.path, 'silent'),
      });
      const user = client('same-code', silent);
      const { verificationId, code } = await user.send(NUMBER);
      await user.resend(verificationId);

      await user.verify(verificationId, code);

      expect(await reported(silent)).toEqual([[], ['CONVERTED']]);
    });
  });

  describe('sent again with a new code', () => {
    it('reports the message CONVERTED whose code was typed, though it isn’t the newest', async () => {
      const user = client('new-code');
      const { verificationId } = await user.send(NUMBER);
      const second = await user.resend(verificationId);
      await user.resend(verificationId);

      const { body } = await user.verify(verificationId, second.code);

      expect(body).toEqual({ messageUuid: second.messageUuid });
      const others = ['CONVERTED_WITH_OTHERS'];
      expect(await reported()).toEqual([others, ['CONVERTED'], others]);
    });
  });

  describe('a voice call as fallback', () => {
    it('reports the SMS CONVERTED_WITH_OTHERS where the call’s code was typed', async () => {
      const user = client('voice');
      const { verificationId, code } = await user.send(NUMBER);
      await user.post('/voice/call', { verificationId });
      expect(others.received.at(-1)).toMatchObject({ channel: 'voice', to: NUMBER });
      const heard = otherCode();
      const verifyCall = (code: string) =>
        user.post('/voice/verify-call', { verificationId, code });

      expect((await verifyCall(wrongFor(heard))).status).toBe(401);
      expect(await reported()).toEqual([[]]);
      expect((await verifyCall(heard)).status).toBe(201);
      expect((await user.verify(verificationId, code)).status).toBe(401);
      expect(await reported()).toEqual([['CONVERTED_WITH_OTHERS']]);
    });

    it('takes each code on its own route alone', async () => {
      const user = client('voice');
      const { verificationId, code } = await user.send(NUMBER);
      await user.post('/voice/call', { verificationId });

      const typedAtCall = await user.post('/voice/verify-call', { verificationId, code });
      const heardAtSms = await user.verify(verificationId, otherCode());

      expect([typedAtCall.status, heardAtSms.status]).toEqual([401, 401]);
      expect(await reported()).toEqual([[]]);
      await user.verify(verificationId, code);
      expect(await reported()).toEqual([['CONVERTED']]);
    });
  });

  describe('a second provider as fallback', () => {
    it.each([
      { typed: 'the other provider’s', status: 'CONVERTED_WITH_OTHERS' },
      { typed: 'Plivo’s', status: 'CONVERTED' },
    ])('reports Plivo’s message $status where $typed code was typed', async ({ typed, status }) => {
      const user = client('second-provider');
      const { verificationId, code } = await user.send(NUMBER);
      await user.post('/second-provider/resend', { verificationId });
      expect(others.received.at(-1)).toMatchObject({ channel: 'sms', to: NUMBER });

      const right = typed === 'Plivo’s' ? code : otherCode();
      expect((await user.verify(verificationId, right)).status).toBe(201);

      expect(await reported()).toEqual([[status]]);
    });
  });

  describe('sent by one process, verified by another', () => {
    it('is reported once, also where both take the code at the same time', async () => {
      const other = await start();
      const here = client('instances');
      const there = client('instances', other);

      const first = await here.send(NUMBER);
      expect((await there.verify(first.verificationId, wrongFor(first.code))).status).toBe(401);
      expect(await reported(other)).toEqual([[]]);
      expect((await there.verify(first.verificationId, first.code)).status).toBe(201);
      expect(await reported(other)).toEqual([['CONVERTED']]);

      const second = await there.send(NUMBER);
      const both = await Promise.all(
        [here, there].map((user) => user.verify(second.verificationId, second.code)),
      );
      expect(both.map(({ status }) => status).sort()).toEqual([201, 401]);
      expect(await reported()).toEqual([['CONVERTED'], ['CONVERTED']]);
    });
  });

  describe('the id is elsewhere', () => {
    /** How each place is filled: what comes back of `send`, and goes along with `verify`. */
    const places = {
      header: ({ body }) => ({ 'x-verification-id': body.verificationId as string }),
      cookie: ({ headers }) => ({ cookie: cookies(headers) }),
      session: ({ headers }) => ({ cookie: cookies(headers) }),
    } satisfies Record<
      string,
      (sent: Awaited<ReturnType<OtpClient['post']>>) => Record<string, string>
    >;

    it.each(Object.entries(places))(
      '%s: it is reported by that one, whatever the body says',
      async (place, comesBack) => {
        const user = client('elsewhere');
        const somebodyElse = await client('guarded').send('14155550125');
        const sent = await user.post(`/elsewhere/${place}/send`, { phoneNumber: NUMBER });
        const kept = comesBack(sent);
        const code = newestCode();
        const verify = (code: string, headers: Record<string, string>) =>
          user.post(
            `/elsewhere/${place}/verify`,
            { verificationId: somebodyElse.verificationId, code },
            headers,
          );

        expect((await verify(wrongFor(code), kept)).status).toBe(401);
        expect((await verify(code, {})).status).toBe(401);
        expect(await reported()).toEqual([[], []]);

        const right = await verify(code, kept);
        expect(right).toMatchObject({ status: 201, body: { phoneNumber: NUMBER } });
        expect(await reported()).toEqual([[], ['CONVERTED']]);
      },
    );

    it('session: it is another one after the login', async () => {
      const user = client('elsewhere');
      const sent = await user.post('/elsewhere/session/send', { phoneNumber: NUMBER });
      const before = cookies(sent.headers);

      const right = await user.post(
        '/elsewhere/session/verify',
        { code: newestCode() },
        { cookie: before },
      );

      expect(cookies(right.headers)).toMatch(/^connect\.sid=/);
      expect(cookies(right.headers)).not.toBe(before);
    });
  });

  describe('an app that keeps the mapping itself', () => {
    it('reports the message that it names, once', async () => {
      const user = client('own-mapping');
      const { body } = await user.post('/own-mapping/send', { phoneNumber: NUMBER });
      const { loginId } = body;
      const code = newestCode();
      const verify = (code: string) => user.post('/own-mapping/verify', { loginId, code });

      expect((await verify(wrongFor(code))).status).toBe(401);
      expect(await reported()).toEqual([[]]);
      expect((await verify(code)).status).toBe(201);
      expect((await verify(code)).status).toBe(401);
      expect(await reported()).toEqual([['CONVERTED']]);
      expect(sandbox.messages[0].trackable).toBe(true);
    });
  });

  describe('a worker that checks the code', () => {
    it('reports a right code once, with the moment it was typed', async () => {
      const user = client('queued');
      const { verificationId, code, messageUuid } = await user.send(NUMBER);
      const isVerified = async (): Promise<boolean> => {
        const response = await fetch(`${url}/queued/${verificationId}`);
        return ((await response.json()) as { verified: boolean }).verified;
      };

      await user.verify(verificationId, wrongFor(code));
      const before = Date.now();
      const { status } = await user.verify(verificationId, code);
      const after = Date.now();
      await user.verify(verificationId, code);

      expect(status).toBe(202);
      await until(isVerified);
      const { timestamp } = await sandbox.waitForConversion(messageUuid);
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(after);
      expect(await reported()).toEqual([['CONVERTED']]);
    });
  });

  describe('where the storage can take nothing', () => {
    it.each(['second-provider', 'own-mapping'])(
      '%s: the login succeeds all the same',
      async (login) => {
        const store = join(folder.path, `${login}-newer`);
        await writeNewerStore(store);
        const user = client(login, await start({ CONVERSION_FEEDBACK_PATH: store }));
        const { body } = await user.post(`/${login}/send`, { phoneNumber: NUMBER });

        const right = await user.post(`/${login}/verify`, { ...body, code: newestCode() });

        expect(right).toMatchObject({ status: 201, body: { verified: true } });
        expect(sandbox.conversions).toEqual([]);
      },
    );
  });

  /** The code that came in on the phone last. */
  const newestCode = (): string => /\d{6}/.exec(sandbox.messages.at(-1)!.text)![0];
});

/** A store that this version keeps its hands off. */
async function writeNewerStore(path: string): Promise<void> {
  const store = open({ path, maxDbs: 12 });
  await store.openDB({ name: 'meta', encoding: 'msgpack' }).put('format', 99);
  await store.close();
}

/** What a browser would send back of what it was told to keep. */
function cookies(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/**
 * The app's root: every module of the page, and a route that answers once nothing is on its way.
 * With SUPERSEDED, the option of that name is set on top of what the page says.
 */
function rootModule(recipes: readonly CodeBlock[]): string {
  const modules = recipes.flatMap(({ title, code }) => {
    const name = /^export class (\w+Module)\b/m.exec(code)?.[1];
    return title && name ? [{ name, from: title.replace(/^src(.*)\.ts$/, '.$1.js') }] : [];
  });
  const flows = modules.map(({ name }) => name).filter((name) => name !== 'FeedbackModule');
  return `
import { Controller, Get, Module } from '@nestjs/common';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  LmdbConversionStorage,
} from 'nestjs-conversion-feedback';
${modules.map(({ name, from }) => `import { ${name} } from '${from}';`).join('\n')}

@Controller('flushed')
class FlushedController {
  constructor(private readonly feedback: ConversionFeedbackService) {}

  @Get()
  flushed() {
    return this.feedback.flush({ timeout: 10_000 });
  }
}

const feedback = process.env.SUPERSEDED
  ? ConversionFeedbackModule.forRoot({
      authId: process.env.PLIVO_AUTH_ID!,
      authToken: process.env.PLIVO_AUTH_TOKEN!,
      baseUrl: process.env.PLIVO_BASE_URL,
      storage: new LmdbConversionStorage({ path: process.env.CONVERSION_FEEDBACK_PATH! }),
      superseded: JSON.parse(process.env.SUPERSEDED),
    })
  : FeedbackModule;

@Module({ imports: [feedback, ${flows.join(', ')}], controllers: [FlushedController] })
export class AppModule {}
`;
}
