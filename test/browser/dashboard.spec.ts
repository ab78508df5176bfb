import { readFile } from 'node:fs/promises';
import { Server, createServer, request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DashboardData } from '../../lib/dashboard/dashboard.js';
import { ConversionFeedbackDashboardModule } from '../../lib/dashboard/index.js';
import {
  ConversionStatus,
  LmdbConversionStorage,
  MemoryConversionStorage,
  TIME_TO_CONVERT_BOUNDS,
} from '../../lib/index.js';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { SeededRandom } from '../chaos/harness/random.js';
import { RunningApp, startApp } from '../support/app.js';
import { launchChromium } from '../support/chromium.js';
import { RecordedMessage, messageOf, recordTraffic } from '../support/recorded-traffic.js';
import { newUuid } from '../support/storage-host.js';
import { tempFolder } from '../support/temp-folder.js';
import { traffic } from '../support/traffic.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RANGES = { '24h': '24 hours', '7d': '7 days', '30d': '30 days' };

/** Each with its share of the messages, its rate, and the name that the page has for it. */
const COUNTRIES = [
  { name: 'US', weight: 9, rate: 0.86, called: 'United States' },
  { name: 'DE', weight: 7, rate: 0.9, called: 'Germany' },
  { name: 'GB', weight: 6, rate: 0.82, called: 'United Kingdom' },
  { name: 'IN', weight: 5, rate: 0.71, called: 'India' },
  { name: 'BR', weight: 4, rate: 0.64, called: 'Brazil' },
  { name: 'JP', weight: 3, rate: 0.88, called: 'Japan' },
  { name: 'NG', weight: 2, rate: 0.41, called: 'Nigeria' },
  { name: '', weight: 1, rate: 0.6, called: 'Unknown country' },
];

let browser: Browser;
let sandbox: PlivoSandbox;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let context: BrowserContext;
let page: Page;
let app: RunningApp;
let requests: string[];
let complaints: string[];

beforeAll(async () => {
  [browser, sandbox] = await Promise.all([launchChromium(), PlivoSandbox.start()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await sandbox?.stop();
});

async function open(url: string, options: Parameters<Browser['newContext']>[0] = {}) {
  requests = [];
  complaints = [];
  const viewport = { width: 1280, height: 900 };
  context = await browser.newContext({ viewport, locale: 'en-US', ...options });
  page = await context.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return toldWhile(() => page.goto(url));
}

afterEach(async () => {
  const { origin } = new URL(page.url());
  await context.close();
  // Of every test: the page keeps to its own policy, and asks nobody else for anything.
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(origin))).toEqual([]);
});

/** Does something after which the page asks for its data; resolves with these once they are shown. */
async function toldWhile(act: () => Promise<unknown>): Promise<DashboardData> {
  const answered = page.waitForResponse((response) => /\/data\?/.test(response.url()));
  await act();
  const response = await answered;
  const data = (await response.json()) as DashboardData;
  await page.waitForFunction(
    `/^(Updated|Delivery)/.test(document.getElementById('state').textContent) &&
     document.getElementById('sent').textContent === (${data.chosen.sent}).toLocaleString()`,
  );
  return data;
}

const textOf = (id: string): Promise<string> => page.getByTestId(id).innerText();
const choose = (range: keyof typeof RANGES) =>
  toldWhile(() => page.getByText(RANGES[range], { exact: true }).click());

const overflowing = () =>
  page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((node) => !node.closest('.scroll, .sr-only, [hidden], details:not([open]) > :not(summary)'))
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
    .map((node) => node.outerHTML.slice(0, 100))`);

/** What axe finds wrong for people who use a screen reader or a keyboard, or see little contrast. */
async function barriers(): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe('the dashboard of 20,000 verifications', () => {
  let messages: RecordedMessage[];

  beforeAll(async () => {
    folder = await tempFolder();
    const now = Date.now();
    const from = now - 30 * DAY + HOUR;
    const span = { from, length: now - from, count: 20_000 };
    const countries = COUNTRIES.map(({ rate, ...country }) => ({ ...country, rateAt: () => rate }));
    messages = traffic(new SeededRandom(20_261_125), span, countries)
      .map(messageOf)
      .map((message) => {
        const isAhead = message.convertedAt !== undefined && message.convertedAt > now;
        return isAhead ? { ...message, convertedAt: undefined } : message;
      });
    await recordTraffic(folder.path, sandbox.authId, messages);
    const storage = new LmdbConversionStorage({ path: folder.path });
    const imports = [ConversionFeedbackDashboardModule.forRoot({ public: true })];
    app = await startApp({ sandbox, imports, options: { storage } });
  }, 180_000);
  afterAll(async () => {
    await app?.close();
    await folder?.remove();
  });

  /** Counted by hand: the messages of the hours that the page shows. */
  const sentIn = ({ from, to }: DashboardData, country?: string): RecordedMessage[] =>
    messages.filter(
      (message) =>
        message.sentAt >= Date.parse(String(from)) &&
        message.sentAt < Date.parse(String(to)) &&
        (country === undefined || message.country === country),
    );

  const figuresOf = (some: readonly RecordedMessage[]) => {
    const converted = some.filter(({ convertedAt }) => convertedAt !== undefined);
    return [
      `${((100 * converted.length) / some.length).toFixed(1)}%`,
      some.length.toLocaleString('en-US'),
      converted.length.toLocaleString('en-US'),
    ];
  };

  /** Whether a shown time lies where the true one is counted. */
  const expectTime = (text: string, some: readonly RecordedMessage[], quantile: number): void => {
    const times = some
      .flatMap(({ sentAt, convertedAt }) => (convertedAt ? [convertedAt - sentAt] : []))
      .sort((one, other) => one - other);
    const truth = times[Math.ceil(quantile * times.length) - 1];
    const bin = TIME_TO_CONVERT_BOUNDS.findIndex((bound) => truth <= bound);
    const [, value, unit] = /^([\d.]+) (s|min|h)$/.exec(text)!;
    const shown = Number(value) * { s: 1_000, min: 60_000, h: HOUR }[unit]!;
    expect(shown).toBeGreaterThanOrEqual(0.9 * (TIME_TO_CONVERT_BOUNDS[bin - 1] ?? 0));
    expect(shown).toBeLessThanOrEqual(1.1 * TIME_TO_CONVERT_BOUNDS[bin]);
  };

  it.each(Object.keys(RANGES) as (keyof typeof RANGES)[])(
    'tells rates, numbers and times of %s as they are, in all and by country',
    async (range) => {
      const data = await open(`${app.url}/conversion-feedback?range=${range}`);

      const shown = await Promise.all(['rate', 'sent', 'converted'].map(textOf));
      const all = sentIn(data);
      expect(shown).toEqual(figuresOf(all));
      expectTime(await textOf('median'), all, 0.5);
      expectTime(await textOf('p95'), all, 0.95);

      for (const { name, called } of COUNTRIES) {
        const row = page.locator(`[data-testid=country-row][data-country="${name}"]`);
        const cells = ['country-rate', 'country-sent', 'country-converted'];
        const texts = await Promise.all(cells.map((cell) => row.getByTestId(cell).innerText()));
        expect([called, ...texts]).toEqual([called, ...figuresOf(sentIn(data, name))]);
        expect(await row.getByRole('button').innerText()).toBe(called);
      }
      const rows = page.getByTestId('country-row');
      expect(await rows.count()).toBe(COUNTRIES.length);
    },
  );

  it('tells a country by the hour, in plots and in a table beside them', async () => {
    await open(`${app.url}/conversion-feedback/`);
    const data = await toldWhile(() => page.getByTestId('country').selectOption('Germany'));
    const germany = sentIn(data, 'DE');
    expect(await textOf('rate')).toBe(figuresOf(germany)[0]);

    await page.getByText('These plots as a table').click();
    const table = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('#hours tr')].map((row) => [
        row.querySelector('time').dateTime,
        ...[...row.querySelectorAll('td')].slice(0, 3).map((cell) => cell.textContent),
      ])`,
    );
    const hours = new Set(germany.map(({ sentAt }) => sentAt - (sentAt % HOUR)));
    const expected = [...hours]
      .sort((one, other) => other - one)
      .map((hour) => [
        new Date(hour).toISOString(),
        ...figuresOf(germany.filter(({ sentAt }) => sentAt - (sentAt % HOUR) === hour)),
      ]);
    expect(table).toEqual(expected);
    expect(await page.locator('.plot canvas').count()).toBe(3);
  });

  it('keeps what was chosen in its address, and through a reload', async () => {
    await open(`${app.url}/conversion-feedback`);
    await choose('7d');
    await toldWhile(() => page.getByRole('button', { name: 'Unknown country' }).click());
    const rate = await textOf('rate');

    expect(new URL(page.url()).pathname).toBe('/conversion-feedback');
    const data = await toldWhile(() => page.reload());

    expect(await textOf('rate')).toBe(rate);
    expect(await page.getByLabel('7 days').isChecked()).toBe(true);
    expect(data.chosen.sent).toBe(sentIn(data, '').length);
  });

  it('says what changed to who can’t see it', async () => {
    await open(`${app.url}/conversion-feedback`);
    await toldWhile(() => page.getByTestId('country').selectOption('Brazil'));
    const [rate, sent] = [await textOf('rate'), await textOf('sent')];

    const news = await page.getByTestId('news').textContent();
    expect(news).toBe(`Brazil: ${rate} of ${sent} message${sent === '1' ? '' : 's'} converted.`);
  });

  it('can be steered with the keyboard alone', async () => {
    await open(`${app.url}/conversion-feedback`);
    await page.getByLabel('24 hours').focus();
    await toldWhile(() => page.keyboard.press('ArrowRight'));
    expect(await page.getByLabel('7 days').isChecked()).toBe(true);

    const germany = page.getByRole('button', { name: 'Germany' });
    await germany.focus();
    await toldWhile(() => page.keyboard.press('Enter'));
    expect(await germany.getAttribute('aria-pressed')).toBe('true');
    // It is a new button, and has the focus of the old one.
    const focused = await page.evaluate<string>('document.activeElement.textContent');
    expect(focused).toBe('Germany');
  });

  it.each([
    ['light', 1280],
    ['light', 390],
    ['dark', 1280],
    ['dark', 390],
  ] as const)('has no barriers, and fits: %s, %i pixels wide', async (colorScheme, width) => {
    await open(`${app.url}/conversion-feedback`, {
      colorScheme,
      viewport: { width, height: 844 },
    });
    await page.getByText('These plots as a table').click();

    expect(await overflowing()).toEqual([]);
    expect(await page.evaluate<boolean>('document.body.scrollWidth <= innerWidth')).toBe(true);
    expect(await barriers()).toEqual([]);
  });
});

describe("the dashboard's reports", () => {
  let isLetIn: boolean;
  let storage: MemoryConversionStorage;

  beforeEach(async () => {
    sandbox.reset();
    isLetIn = true;
    const guard = { canActivate: () => isLetIn };
    const imports = [ConversionFeedbackDashboardModule.forRoot({ guard })];
    storage = new MemoryConversionStorage();
    app = await startApp({ sandbox, imports, options: { storage } });
  });
  afterEach(async () => {
    // A browser keeps connections that a server waits for.
    await context.close();
    await app.close();
  });

  /** A message whose report Plivo won't have. */
  async function fail(): Promise<string> {
    const verificationId = newUuid();
    const otp = { src: '14155550100', dst: '14155550177', text: 'Your code is 471147.' };
    const { messageUuid } = await app.feedback.send({ verificationId, ...otp });
    sandbox.fail({ status: 422, on: 'conversion' });
    const failed = app.events.until('failed', app.events.of('failed').length + 1);
    await app.feedback.report(verificationId);
    await failed;
    return messageUuid;
  }

  const reportOf = (messageUuid: string) =>
    page.locator(`[data-testid=failed-list] [data-message-uuid="${messageUuid}"]`);

  it('says where nothing was sent yet', async () => {
    await open(`${app.url}/conversion-feedback`);

    expect(await page.getByTestId('empty').isVisible()).toBe(true);
    expect(await textOf('rate')).toBe('–');
    expect(await textOf('failed-lead')).toMatch(/^None/);
    expect(await barriers()).toEqual([]);
  });

  it("shows a failed report with Plivo's answer, and retries it by the keyboard", async () => {
    const [first, second] = [await fail(), await fail()];
    await open(`${app.url}/conversion-feedback`, { viewport: { width: 390, height: 844 } });
    expect(await textOf('failed')).toBe('2');
    expect(await reportOf(first).getByTestId('answer').innerText()).toMatch(
      /^Plivo answered 422: ./,
    );
    expect(await overflowing()).toEqual([]);
    expect(await barriers()).toEqual([]);

    await page.getByRole('button', { name: `Retry the report of message ${first}` }).focus();
    await page.keyboard.press('Enter');
    await sandbox.waitForConversion(first);
    await reportOf(first).waitFor({ state: 'detached' });

    expect(await page.getByTestId('news').textContent()).toBe('1 report on the way again.');
    expect(await reportOf(second).isVisible()).toBe(true);
    // The focus isn't lost with the button that had it.
    const focused = await page.evaluate<string>('document.activeElement.ariaLabel');
    expect(focused).toBe(`Retry the report of message ${second}`);
  });

  it('retries all', async () => {
    const failed = [await fail(), await fail(), await fail()];
    await open(`${app.url}/conversion-feedback`);
    await page.getByTestId('retry-all').click();

    for (const messageUuid of failed) await sandbox.waitForConversion(messageUuid);
    await page.getByTestId('retry-all').waitFor({ state: 'hidden' });
    expect(await page.getByTestId('news').textContent()).toBe('3 reports on the way again.');
  });

  it('says what stands still, and which reports fail meanwhile', async () => {
    sandbox.fail({ status: 401, times: 100, on: 'conversion' });
    const paused = app.events.until('paused');
    await app.feedback.reportMessage(newUuid(), ConversionStatus.CONVERTED);
    await paused;
    await open(`${app.url}/conversion-feedback`);
    expect(await textOf('state')).toBe('Delivery paused');

    expect(await textOf('alerts')).toMatch(/Plivo refuses the credentials.*answered 401/s);
    expect(await textOf('pending')).toBe('1');
    expect(await barriers()).toEqual([]);
  });

  it('names the country whose rate has dropped, also before the time that is shown', async () => {
    await app.feedback.track(newUuid(), newUuid(), { dst: '4915112345678' });
    const at = Date.now() - 30 * HOUR;
    await storage.markInsights({ country: 'DE', hour: at - (at % HOUR), name: 'droppedAt', at });
    await open(`${app.url}/conversion-feedback`);

    expect(await textOf('alerts')).toMatch(/Germany: the conversion rate dropped .* since/);
    expect(await textOf('country-row')).toContain('dropped');
    expect(await barriers()).toEqual([]);
  });

  it('says that one has to sign in again once the guard lets one in no more', async () => {
    await open(`${app.url}/conversion-feedback`);
    isLetIn = false;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByTestId('problem').waitFor();

    expect(await textOf('problem')).toMatch(/Reload the page to sign in again/);
    expect(complaints.splice(0)).toEqual([expect.stringContaining('403')]); // the browser's own line
  });

  it('works behind a proxy that has it under another path', async () => {
    const messageUuid = await fail();
    const proxy = await proxyTo(`${app.url}/conversion-feedback/`, '/tools/otp/');
    await open(`${proxy.url}/tools/otp/`);
    expect(await textOf('failed')).toBe('1');
    expect(await textOf('sent')).toBe('1');

    await reportOf(messageUuid).getByTestId('retry').click();
    await sandbox.waitForConversion(messageUuid);
    await reportOf(messageUuid).waitFor({ state: 'detached' });
    await proxy.close();
  });
});

/** A proxy as nginx is by default: another path, and the app's own name for a Host. */
async function proxyTo(target: string, path: string) {
  const server: Server = createServer((incoming, outgoing) => {
    const url = incoming.url!.replace(path, new URL(target).pathname);
    const headers = { ...incoming.headers, host: new URL(target).host };
    const forwarded = ask(new URL(url, target), { method: incoming.method, headers });
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
