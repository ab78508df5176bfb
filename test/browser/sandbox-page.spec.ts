import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PlivoSandbox } from '../../lib/sandbox/index.js';
import { OTP, report, REPORT, send, sent } from '../integration/sandbox/client.js';
import { launchChromium } from '../support/chromium.js';

describe("the sandbox's page", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let sandbox: PlivoSandbox;
  let loads: number;
  let requests: string[];
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  }, 180_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
    loads = 0;
    requests = [];
    complaints = [];
    context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    page = await context.newPage();
    page.on('load', () => (loads += 1));
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    await page.goto(sandbox.url);
    await live();
  });
  afterEach(async () => {
    await context.close();
    await sandbox.stop();
  });

  const live = () => page.waitForSelector('[data-testid=live-state][data-state=live]');
  const byTestId = (id: string) => page.getByTestId(id);
  const messageOf = (uuid: string) => page.locator(`[data-message-uuid="${uuid}"]`);
  const textOf = (uuid: string, testId: string) => messageOf(uuid).getByTestId(testId).innerText();

  it('says what to do while nothing has been sent, with settings that work', async () => {
    expect(await byTestId('empty').isVisible()).toBe(true);
    expect(await byTestId('example-config').innerText()).toContain(`baseUrl: '${sandbox.url}'`);
    const curl = await byTestId('example-curl').innerText();
    expect(curl).toContain(`${sandbox.url}/v1/Account/${sandbox.authId}/Message/`);

    const body = /-d '([^']+)'/s.exec(curl)![1];
    const uuid = await sent(sandbox, JSON.parse(body));

    await messageOf(uuid).waitFor();
    expect(await byTestId('empty').isVisible()).toBe(false);
  });

  it('shows a message as it comes, and its conversion, without a reload', async () => {
    const uuid = await sent(sandbox, { ...OTP, text: 'Your code is 482913.' });
    await messageOf(uuid).waitFor();

    expect(await messageOf(uuid).getAttribute('data-status')).toBe('OPEN');
    expect(await textOf(uuid, 'src')).toBe('14155550100');
    expect(await textOf(uuid, 'dst')).toBe('+4915112345678');
    expect(await textOf(uuid, 'text')).toBe('Your code is 482913.');
    expect(await textOf(uuid, 'code')).toBe('482913');
    expect(await textOf(uuid, 'age')).toMatch(/now|s ago/);

    await report(sandbox, uuid, { ...REPORT, timestamp: '2023-02-09T09:00:43.511Z' });
    await page.waitForSelector(`[data-message-uuid="${uuid}"][data-status=CONVERTED]`);

    expect(await textOf(uuid, 'timestamp')).toBe('2023-02-09T09:00:43.511Z');
    expect(await page.locator('#news').textContent()).toContain('CONVERTED');
    expect(loads).toBe(1);
  });

  it('shows the newest message first', async () => {
    const first = await sent(sandbox);
    const second = await sent(sandbox);
    await messageOf(second).waitFor();

    const shown = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[data-testid=message]')].map((card) => card.dataset.messageUuid)`,
    );
    expect(shown).toEqual([second, first]);
    expect(await byTestId('message-count').innerText()).toBe('2');
  });

  it('lets the last word count and keeps the earlier ones in sight', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid, { ...REPORT, status: 'NOT_CONVERTED' });
    await report(sandbox, uuid);
    await page.waitForSelector(`[data-message-uuid="${uuid}"][data-status=CONVERTED]`);

    expect(await messageOf(uuid).innerText()).toContain('before: NOT_CONVERTED');
  });

  it("tells a message that isn't trackable from one that waits", async () => {
    const uuid = await sent(sandbox, { ...OTP, trackable: false });
    await messageOf(uuid).waitFor();

    expect(await messageOf(uuid).getAttribute('data-status')).toBe('UNTRACKED');
    expect(await textOf(uuid, 'status')).toBe('NOT TRACKABLE');
  });

  it('keeps what was there when it is opened later', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid);
    await page.reload();

    await page.waitForSelector(`[data-message-uuid="${uuid}"][data-status=CONVERTED]`);
  });

  it('shows markup in a message as text, and runs none of it', async () => {
    const text = '<img src=x onerror="document.title=1"><b>1234</b>';
    const uuid = await sent(sandbox, { ...OTP, text, src: '<i>ACME</i>' });
    await messageOf(uuid).waitFor();

    expect(await textOf(uuid, 'text')).toBe(text);
    expect(await textOf(uuid, 'src')).toBe('<i>ACME</i>');
    expect(await page.title()).toBe('Plivo sandbox');
  });

  it('reconnects by itself after an outage, and shows what it missed', async () => {
    const uuid = await sent(sandbox);
    await messageOf(uuid).waitFor();

    await sandbox.down();
    await page.waitForSelector('[data-testid=live-state][data-state=reconnecting]');
    await sandbox.up();
    await report(sandbox, uuid);
    await live();

    await page.waitForSelector(`[data-message-uuid="${uuid}"][data-status=CONVERTED]`);
    expect(loads).toBe(1);
    complaints = complaints.filter((text) => !text.includes('net::ERR_')); // the outage itself
  });

  it('lets the next requests go wrong', async () => {
    await byTestId('fault-status').fill('503');
    await byTestId('fault-retry-after').fill('7');
    await byTestId('fault-times').fill('2');
    await byTestId('fault-on').selectOption('message');
    await byTestId('add-fault').click();
    await byTestId('armed-fault').waitFor();

    expect(await byTestId('armed-fault').innerText()).toMatch(/status 503.*Retry-After 7/s);
    expect(sandbox.faults).toEqual([{ status: 503, retryAfter: '7', on: 'message', remaining: 2 }]);

    const { status, headers } = await send(sandbox);
    expect([status, headers['retry-after']]).toEqual([503, '7']);
    await byTestId('armed-fault').filter({ hasText: '1 ×' }).waitFor();
    await byTestId('clear-faults').click();
    await byTestId('armed').waitFor({ state: 'hidden' });
    expect((await send(sandbox)).status).toBe(202);
  });

  it.each([
    ['late', { delay: 40 }],
    ['html', { body: expect.stringContaining('<'), delay: 40 }],
    ['empty', { body: '', delay: 40 }],
    ['cut-before', { reset: 'before', delay: 40 }],
    ['cut-after', { reset: 'after', delay: 40 }],
    ['hang', { hang: true }],
  ])('offers the fault "%s"', async (kind, fault) => {
    await byTestId('fault-kind').selectOption(kind);
    if (kind !== 'hang') await byTestId('fault-delay').fill('40');
    await byTestId('add-fault').click();
    await byTestId('armed-fault').waitFor();

    expect(sandbox.faults).toEqual([{ ...fault, remaining: 1 }]);
  });

  it('says what is wrong with a fault that is refused', async () => {
    await byTestId('fault-retry-after').fill('später');
    await byTestId('add-fault').click();
    await byTestId('problem').waitFor();

    expect(await byTestId('problem').innerText()).toContain('retryAfter');
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400')]); // the browser's own line
  });

  it('takes the API down and up, and stays itself', async () => {
    await byTestId('availability').click();
    await page.waitForSelector('[data-testid=api-state][data-state=cut]');
    expect((await send(sandbox)).errorCode).toBe('ECONNRESET');

    await byTestId('availability').click();
    await page.waitForSelector('[data-testid=api-state][data-state=up]');
    expect((await send(sandbox)).status).toBe(202);
    expect(await byTestId('live-state').getAttribute('data-state')).toBe('live');
  });

  it('lists refused requests with the reason', async () => {
    await send(sandbox, { ...OTP, dst: '12' });
    await page.waitForSelector('[data-testid=request][data-outcome=refused]');

    expect(await byTestId('request').innerText()).toMatch(/400.*dst must be/s);
  });

  it('clears everything', async () => {
    await messageOf(await sent(sandbox)).waitFor();
    await byTestId('reset').click();
    await byTestId('empty').waitFor();

    expect(await byTestId('message').count()).toBe(0);
    expect(sandbox.messages).toEqual([]);
  });

  it('can be used with the keyboard alone', async () => {
    await byTestId('fault-kind').focus();
    const visited: string[] = [];
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('Tab');
      visited.push(await page.evaluate<string>('document.activeElement.dataset.testid'));
    }
    expect(visited).toEqual([
      'fault-status',
      'fault-retry-after',
      'fault-delay',
      'fault-times',
      'fault-on',
      'add-fault',
      'availability',
    ]);
    await byTestId('add-fault').focus();
    await page.keyboard.press('Enter');
    await byTestId('armed-fault').waitFor();
  });

  it.each([390, 1280])('fits a window %i pixels wide, empty and full', async (width) => {
    await page.setViewportSize({ width, height: 844 });
    const overflow = () =>
      page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
        .filter((node) => !node.closest('pre') && node.getBoundingClientRect().right > innerWidth)
        .map((node) => node.outerHTML.slice(0, 80))`);
    expect(await overflow()).toEqual([]);

    const uuid = await sent(sandbox, { ...OTP, text: 'x'.repeat(1_500), src: 'y'.repeat(40) });
    await report(sandbox, uuid, { ...REPORT, status: 'CONVERTED_WITH_OTHERS' });
    await page.waitForSelector(`[data-message-uuid="${uuid}"][data-status=CONVERTED_WITH_OTHERS]`);

    expect(await overflow()).toEqual([]);
  });

  afterEach(() => {
    // Of every test above: the page keeps to its own policy, and asks nobody else for anything.
    expect(complaints).toEqual([]);
    expect(
      requests.filter((url) => !url.startsWith(sandbox.url) && !url.startsWith('data:')),
    ).toEqual([]);
  });
});
