import {
  CallHandler,
  CanActivate,
  ExecutionContext,
  Injectable,
  Module,
  NestInterceptor,
  UnauthorizedException,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { map } from 'rxjs';
import {
  ConversionFeedbackDashboardModule,
  ConversionFeedbackDashboardOptions,
} from '../../lib/dashboard/index.js';
import {
  ConversionFeedbackModule,
  ConversionStatus,
  InvalidOptionsError,
  MemoryConversionStorage,
  getConversionFeedbackToken,
} from '../../lib/index.js';
import { DashboardData } from '../../lib/dashboard/dashboard.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { Platform, RunningApp, platforms, startApp } from '../support/app.js';
import { newUuid } from '../support/storage-host.js';

const HOUR = 3_600_000;
const PAGE = '/conversion-feedback';
const NUMBER = '14155550177';
const CODE = '90471147';
const VERIFICATION = 'verification-nobody-may-see';
const RETRY = { 'x-conversion-feedback': 'retry' };
/** What a browser sends along with a request of the page's own. */
const OWN = { 'sec-fetch-site': 'same-origin' };

@Injectable()
class Door {
  readonly password = 'open sesame';
}

@Module({ providers: [Door], exports: [Door] })
class DoorModule {}

/** Lets in whoever knows the password; what it needs is injected. */
@Injectable()
class DoorGuard implements CanActivate {
  constructor(private readonly door: Door) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers.password !== this.door.password) throw new UnauthorizedException();
    return true;
  }
}

/** What apps do to the answers of their own handlers. */
class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Every address of the dashboard, as the page itself asks for them. */
async function addresses(url: string, headers = {}): Promise<[method: string, path: string][]> {
  const page = await (await fetch(`${url}${PAGE}/`, { headers })).text();
  const [, ...files] = page.split(/(?:href|src)="/).map((rest) => rest.split('"')[0]);
  const scripts = ['countries.js', 'elements.js', 'hours.js', 'plots.js', 'reports.js', 'words.js'];
  const named = [...files.filter((file) => file !== './'), ...scripts];
  expect(named).toEqual(expect.arrayContaining(['dashboard.js', 'uplot.js', 'dashboard.css']));
  return [
    ['GET', PAGE],
    ['GET', `${PAGE}/`],
    ...named.map((file): [string, string] => ['GET', `${PAGE}/${file}`]),
    ['GET', `${PAGE}/data?range=24h`],
    ['POST', `${PAGE}/retry`],
  ];
}

describe.each(Object.keys(platforms) as Platform[])('the dashboard on %s', (platform) => {
  let sandbox: PlivoSandbox;
  let app: RunningApp;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterAll(() => sandbox.stop());
  beforeEach(() => sandbox.reset());
  afterEach(() => app?.close());

  const start = async (
    options: ConversionFeedbackDashboardOptions = { public: true },
    more: Partial<Parameters<typeof startApp>[0]> = {},
  ): Promise<RunningApp> => {
    const imports = [ConversionFeedbackDashboardModule.forRoot(options)];
    app = await startApp({ sandbox, platform, imports, ...more });
    return app;
  };
  const get = (path: string, headers = {}): Promise<Response> =>
    fetch(`${app.url}${path}`, { headers });
  const read = async (query = 'range=24h') =>
    (await get(`${PAGE}/data?${query}`, OWN)).json() as Promise<DashboardData>;
  const retry = (query = '', headers: Record<string, string> = { ...RETRY, ...OWN }) =>
    fetch(`${app.url}${PAGE}/retry${query}`, { method: 'POST', headers });

  /** A message whose report Plivo won't have. */
  async function fail(): Promise<string> {
    const verificationId = VERIFICATION + newUuid();
    const otp = { src: '14155550100', dst: NUMBER, text: `Your code is ${CODE}.` };
    const { messageUuid } = await app.feedback.send({ verificationId, ...otp });
    sandbox.fail({ status: 404, on: 'conversion' });
    const failed = app.events.until('failed', app.events.of('failed').length + 1);
    await app.feedback.report(verificationId);
    await failed;
    return messageUuid;
  }

  it('lets nobody in whom the guard refuses, to no page, file, data or retry', async () => {
    await start({ guard: DoorGuard, imports: [DoorModule] });
    const all = await addresses(app.url, { password: 'open sesame' });

    for (const [method, path] of all) {
      const headers = { ...RETRY, ...OWN };
      const refused = await fetch(app.url + path, { method, headers });
      expect([path, refused.status]).toEqual([path, 401]);
      expect(await refused.text()).not.toMatch(/conversion|uPlot/i);
    }
  });

  it('lets those in whom the guard knows, everywhere', async () => {
    await start({ guard: DoorGuard, imports: [DoorModule] });
    const password = 'open sesame';

    for (const [method, path] of await addresses(app.url, { password })) {
      const headers = { ...RETRY, ...OWN, password };
      const { status } = await fetch(app.url + path, { method, headers });
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it('takes a guard that is an instance', async () => {
    const guard: CanActivate = { canActivate: () => false };
    await start({ guard });

    expect((await get(PAGE)).status).toBe(403);
    expect((await get(`${PAGE}/dashboard.js`)).status).toBe(403);
  });

  it('says of everything that only this app may use it, and that nothing is kept', async () => {
    await start();

    for (const [method, path] of await addresses(app.url)) {
      const { headers } = await fetch(app.url + path, { method, headers: { ...RETRY, ...OWN } });
      const policy = headers.get('content-security-policy')!.split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|\*|http/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('sends each file as what it is', async () => {
    await start();
    const types = await Promise.all(
      ['', '/dashboard.css', '/uplot.js', '/icon.svg', '/data'].map(async (path) =>
        (await get(PAGE + path)).headers.get('content-type'),
      ),
    );

    expect(types).toEqual([
      'text/html; charset=utf-8',
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
      expect.stringMatching('^image/svg\\+xml'),
      'application/json; charset=utf-8',
    ]);
  });

  it('has no other files than its own', async () => {
    await start();

    for (const file of [
      'nope.js',
      'constructor',
      'x/dashboard.js',
      '..%2findex.js',
      '%2e%2e%2fpackage.json',
    ])
      expect([file, (await get(`${PAGE}/${file}`)).status]).toEqual([file, 404]);
  });

  it('refers to its own files alone, by addresses that are relative', async () => {
    await start();
    const page = await (await get(`${PAGE}/`)).text();

    for (const [, address] of page.matchAll(/(?:href|src|action)="([^"]*)"/g))
      expect(address).toMatch(/^(\.\/|[\w.]+)$/);
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  });

  it.each([
    [PAGE, 'conversion-feedback/'],
    [`${PAGE}/`, './'],
    [`${PAGE}?range=7d`, 'conversion-feedback/'],
    [`${PAGE}/?range=7d`, './'],
  ])('finds its files from %s', async (path, base) => {
    await start();

    expect(await (await get(path)).text()).toContain(`<base href="${base}" />`);
  });

  it('works below a global prefix and versions, whatever the app does to its own answers', async () => {
    await start(
      { public: true, path: '/ops/otp/' },
      {
        configure: (nest) =>
          nest
            .setGlobalPrefix('api')
            .enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })
            .useGlobalInterceptors(new Wrapping())
            .useGlobalGuards({ canActivate: () => true })
            .useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true })),
      },
    );

    const page = await get('/api/ops/otp');
    expect(await page.text()).toContain('<base href="otp/" />');
    expect(await (await get('/api/ops/otp/dashboard.js')).text()).toMatch(/^\/\/ The page/);
    const data = await (await get('/api/ops/otp/data?range=7d', OWN)).json();
    expect(data).toMatchObject({ account: 'default', counts: { failed: 0 } });
    const headers = { ...RETRY, ...OWN };
    const retried = await fetch(`${app.url}/api/ops/otp/retry`, { method: 'POST', headers });
    expect(await retried.json()).toEqual({ retried: 0 });
  });

  it("keeps to an app-wide guard besides the dashboard's own", async () => {
    const configure: NonNullable<Parameters<typeof startApp>[0]['configure']> = (nest) =>
      nest.useGlobalGuards({ canActivate: () => false });
    await start({ public: true }, { configure });

    expect((await get(PAGE)).status).toBe(403);
  });

  it('tells what was sent and converted, by country and hour', async () => {
    await start();
    for (const [dst, isConverted] of [
      ['14155550177', true],
      ['4915112345678', true],
      ['4915112345679', false],
      [undefined, false],
    ] as const) {
      const [messageUuid, verificationId] = [newUuid(), newUuid()];
      await app.feedback.track(verificationId, messageUuid, { dst });
      if (isConverted) await app.feedback.report(verificationId);
    }
    await app.feedback.flush();

    const all = await read();
    expect(all.chosen).toMatchObject({ sent: 4, converted: 2, rate: 0.5 });
    expect(all.countries).toMatchObject([
      { country: 'DE', sent: 2, converted: 1, drops: [] },
      { country: '', sent: 1, converted: 0 },
      { country: 'US', sent: 1, converted: 1 },
    ]);
    const germany = await read('range=7d&country=DE');
    expect(germany.chosen).toMatchObject({ sent: 2, converted: 1 });
    expect(germany.chosen.hours).toHaveLength(1);
    expect((await read('country=')).chosen).toMatchObject({ sent: 1, converted: 0 });
    expect((await read('country=FR')).chosen).toMatchObject({ sent: 0, rate: null, hours: [] });
  });

  it('tells by default of a country that went down before the last 24 hours', async () => {
    const storage = new MemoryConversionStorage();
    await start({ public: true }, { options: { storage } });
    await app.feedback.track(newUuid(), newUuid(), { dst: '4915112345678' });
    const since = Date.now() - 30 * HOUR;
    const mark = { country: 'DE', hour: since - (since % HOUR), name: 'droppedAt' } as const;
    await storage.markInsights({ ...mark, at: since });

    const { countries } = await read('');
    expect(countries[0].drops).toEqual([{ since: new Date(since).toISOString(), until: null }]);
  });

  it('refuses a range that it has none of', async () => {
    await start();
    const answer = await get(`${PAGE}/data?range=1y`, OWN);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: '`range` must be one of 24h, 7d, 30d' });
  });

  it("shows failed reports with Plivo's answer, and puts them back on their way: one, or all", async () => {
    await start();
    const [first, second, third] = [await fail(), await fail(), await fail()];

    const { counts, failed } = await read();
    expect(counts).toEqual({ open: 0, pending: 0, failed: 3 });
    expect(failed[0]).toMatchObject({
      messageUuid: third,
      status: 'CONVERTED',
      attempts: 1,
      reason: { status: 404, message: expect.any(String), apiId: expect.any(String) },
    });

    expect(await (await retry(`?messageUuid=${second}`)).json()).toEqual({ retried: 1 });
    await sandbox.waitForConversion(second);
    await app.feedback.flush();
    expect((await read()).failed.map((one) => one.messageUuid)).toEqual([third, first]);

    expect(await (await retry()).json()).toEqual({ retried: 2 });
    await sandbox.waitForConversion(first);
    await sandbox.waitForConversion(third);
    await app.feedback.flush();
    expect((await read()).counts).toEqual({ open: 0, pending: 0, failed: 0 });
  });

  it('says why a retry can’t be', async () => {
    await start();
    const answer = await retry('?messageUuid=nonsense');

    expect(answer.status).toBe(400);
    expect((await answer.json()) as object).toEqual({
      error: expect.stringContaining('`messageUuid`'),
    });
  });

  it('shows which reports fail now and are tried again, until they are delivered', async () => {
    const delivery = { backoff: { initial: 600_000, max: 600_000 } };
    await start({ public: true }, { options: { delivery } });
    const messageUuid = newUuid();
    sandbox.fail({ status: 503, on: 'conversion' });
    const retrying = app.events.until('retrying');
    await app.feedback.reportMessage(messageUuid, ConversionStatus.CONVERTED);
    await retrying;

    expect((await read()).failing).toEqual([
      {
        messageUuid,
        status: 'CONVERTED',
        timestamp: expect.any(String),
        attempts: 1,
        reason: expect.objectContaining({ status: 503 }),
        nextAttemptAt: expect.any(String),
      },
    ]);
  });

  it('says that delivery stands still where Plivo refuses the credentials', async () => {
    await start();
    sandbox.fail({ status: 401, times: 100, on: 'conversion' });
    const paused = app.events.until('paused');
    await app.feedback.reportMessage(newUuid(), ConversionStatus.CONVERTED);
    await paused;

    expect((await read()).pause).toMatchObject({ cause: 'refused', reason: { status: 401 } });
  });

  it.each([
    ['without the header that only the page sends', OWN],
    ['with that header empty', { ...OWN, 'x-conversion-feedback': '' }],
    ['of another site', { ...RETRY, 'sec-fetch-site': 'cross-site' }],
    ['of a sibling site', { ...RETRY, 'sec-fetch-site': 'same-site' }],
    ['of another site over plain http', { ...RETRY, origin: 'http://evil.example' }],
    ['of a page without an origin', { ...RETRY, origin: 'null' }],
    ['of a page without a host', { ...RETRY, origin: 'file://' }],
  ] as [string, Record<string, string>][])('refuses a retry %s', async (_, headers) => {
    await start();
    const messageUuid = await fail();

    expect((await retry(`?messageUuid=${messageUuid}`, headers)).status).toBe(403);
    expect(await app.feedback.counts()).toMatchObject({ failed: 1 });
  });

  it('takes a retry of the page over plain http, also behind proxies that tell their hosts', async () => {
    await start();
    const ours = new URL(app.url).host;

    expect((await retry('', { ...RETRY, origin: `http://${ours}` })).status).toBe(200);
    for (const told of ['ops.test', 'ops.test, edge.internal']) {
      const proxied = { ...RETRY, origin: 'http://ops.test', 'x-forwarded-host': told };
      expect((await retry('', proxied)).status).toBe(200);
    }
  });

  it('tells its data to no other site, even where the app lets all in', async () => {
    await start({ public: true }, { configure: (nest) => nest.enableCors({ origin: true }) });

    expect((await get(`${PAGE}/data`, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get(`${PAGE}/data`, { origin: 'http://evil.example' })).status).toBe(403);
  });

  it('tells neither number, verification nor token', async () => {
    await start();
    await fail();
    const answers = await Promise.all(
      (await addresses(app.url))
        .filter(([method]) => method === 'GET')
        .map(async ([, path]) => (await get(path, OWN)).text()),
    );

    const told = answers.join('\n');
    for (const secret of [NUMBER, '5550177', CODE, VERIFICATION, sandbox.authToken])
      expect(told).not.toContain(secret);
  });

  it('answers 503 where the storage fails, and says so', async () => {
    const storage = new MemoryConversionStorage();
    await start({ public: true }, { options: { storage } });
    await storage.close();
    const answer = await get(`${PAGE}/data`, OWN);

    expect(answer.status).toBe(503);
    expect(((await answer.json()) as { error: string }).error).toMatch(/storage is not open/);
  });

  it('shows the account that it is told to, each under an address of its own', async () => {
    const marketing = ConversionFeedbackModule.forRoot({
      name: 'marketing',
      authId: sandbox.authId,
      authToken: sandbox.authToken,
      baseUrl: sandbox.url,
      storage: new MemoryConversionStorage(),
    });
    const imports = [
      marketing,
      ConversionFeedbackDashboardModule.forRoot({ public: true }),
      ConversionFeedbackDashboardModule.forRoot({ public: true, name: 'marketing' }),
    ];
    app = await startApp({ sandbox, platform, imports });
    await app.app.get(getConversionFeedbackToken('marketing')).track(newUuid(), newUuid());

    expect(await read()).toMatchObject({ account: 'default', chosen: { sent: 0 } });
    const other = await (await get(`${PAGE}-marketing/data`, OWN)).json();
    expect(other).toMatchObject({ account: 'marketing', chosen: { sent: 1 } });
  });
});

describe('an app with a dashboard', () => {
  const faults = (options: unknown): string => {
    try {
      ConversionFeedbackDashboardModule.forRoot(options as ConversionFeedbackDashboardOptions);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidOptionsError);
      return (error as Error).message;
    }
    throw new Error('nothing was wrong');
  };

  it.each([[undefined], [{}], [{ guard: undefined }], [{ public: false }], [null]])(
    "doesn't start without a guard: forRoot(%j)",
    (options) => {
      expect(faults(options)).toMatch(/`guard` is missing, must be a guard.*`public: true`/);
    },
  );

  class NoGuard {}

  it.each([
    [{ guard: NoGuard as Type }, /`guard` a function must be a guard/],
    [{ guard: {} }, /`guard` an object must be a guard/],
    [{ guard: DoorGuard, public: true }, /`public` true must be left out beside `guard`/],
    [{ public: 'yes' }, /`public` "yes" must be true or false/],
    [{ public: true, path: '' }, /`path` "" must be a path/],
    [{ public: true, path: '../x y' }, /`path` "..\/x y" must be a path/],
    [{ public: true, path: ':id' }, /`path` ":id" must be a path/],
    [{ public: true, name: 'no name' }, /`name` "no name" must be/],
    [{ public: true, imports: DoorModule }, /`imports` a function must be an array/],
    [{ public: true, gaurd: DoorGuard }, /`gaurd` is unknown/],
  ])("doesn't start with %j", (options, message) => {
    expect(faults(options)).toMatch(message);
  });

  it('has no page where the module isn’t imported', async () => {
    const sandbox = await PlivoSandbox.start();
    const app = await startApp({ sandbox });

    expect((await fetch(`${app.url}${PAGE}`)).status).toBe(404);
    await app.close();
    await sandbox.stop();
  });
});
