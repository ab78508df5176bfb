import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { Child } from '../support/child.js';
import { launchChromium } from '../support/chromium.js';

describe('`npm start`, in a browser', () => {
  let start: Child;
  let browser: Browser;
  let loginUrl: string;
  let inboxUrl: string;
  let context: BrowserContext;
  let login: Page;
  /** What either page complained about: errors, and what its content security policy refused. */
  let complaints: string[];
  /** Where either page sent requests to. */
  let origins: Set<string>;

  beforeAll(async () => {
    start = await Child.start('scripts/start.mjs', { PORT: '0', SANDBOX_PORT: '0' });
    [loginUrl, inboxUrl] = await start.printed(/Login page +(\S+)\s+Phone's inbox +(\S+)/);
    browser = await launchChromium();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await start.stop();
  });

  beforeEach(async () => {
    complaints = [];
    origins = new Set();
    context = await browser.newContext();
    context.setDefaultTimeout(10_000);
    context.on('page', (page) => {
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') {
          complaints.push(`${message.text()} ${message.location().url}`);
        }
      });
    });
    context.on('request', (request) => origins.add(new URL(request.url()).origin));
    login = await context.newPage();
    await login.goto(loginUrl);
  });
  afterEach(() => context.close());

  const on = (page: Page, testId: string): Locator => page.getByTestId(testId);

  async function askForCode(phoneNumber: string): Promise<void> {
    await on(login, 'phone-number').fill(phoneNumber);
    await on(login, 'send').click();
    await on(login, 'code-step').waitFor();
  }

  async function openInbox(): Promise<Page> {
    const inbox = await context.newPage();
    await inbox.goto(inboxUrl);
    await on(inbox, 'message').first().waitFor();
    return inbox;
  }

  /** Follows the login page's hint to the phone. */
  async function followHint(): Promise<Page> {
    const opened = context.waitForEvent('page');
    await on(login, 'inbox-link').click();
    const inbox = await opened;
    await on(inbox, 'message').first().waitFor();
    return inbox;
  }

  const newestMessage = (inbox: Page): Locator => on(inbox, 'message').first();

  async function readCode(inbox: Page): Promise<string> {
    return (await newestMessage(inbox).getByTestId('code').textContent())!;
  }

  async function typeCode(code: string): Promise<void> {
    await on(login, 'code').fill(code);
    await on(login, 'verify').click();
  }

  it('takes a newcomer from a phone number to a CONVERTED message, without a reload', async () => {
    await askForCode('+1 415 555 0101');
    expect(await on(login, 'sent-to').textContent()).toBe('+1 415 555 0101');

    const inbox = await followHint();
    expect(new URL(inbox.url()).origin).toBe(inboxUrl);
    await inbox.evaluate('globalThis.isSamePage = true');
    const message = newestMessage(inbox);
    expect(await message.getByTestId('dst').textContent()).toBe('+14155550101');
    const code = await readCode(inbox);

    await typeCode(code === '111111' ? '222222' : '111111');
    await on(login, 'code-error').getByText('4 tries left').waitFor();
    expect(await on(login, 'code-step').isVisible()).toBe(true);
    expect(await message.getByTestId('status').textContent()).toBe('TRACKABLE');

    const before = Date.now();
    await typeCode(code);
    await on(login, 'done-step').waitFor();
    const after = Date.now();

    await message.getByTestId('status').getByText('CONVERTED', { exact: true }).waitFor();
    const timestamp = await message.getByTestId('timestamp').getAttribute('datetime');
    expect(Date.parse(timestamp!)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(timestamp!)).toBeLessThanOrEqual(after);
    expect(await inbox.evaluate('globalThis.isSamePage')).toBe(true);

    // The browser itself notes the answer to the wrong code; the pages complain about nothing.
    expect(complaints).toEqual([expect.stringMatching(/status of 401 .* \S+\/otp\/verify$/)]);
    expect([...origins].sort()).toEqual([loginUrl, inboxUrl].sort());
  });

  it('sends a new code once the countdown is over, and reports both messages', async () => {
    await login.clock.install();
    await login.reload();
    await askForCode('+1 415 555 0102');
    const inbox = await openInbox();
    const [older, olderUuid] = [await readCode(inbox), await uuidOf(newestMessage(inbox))];
    expect(await on(login, 'resend').isDisabled()).toBe(true);
    expect(await on(login, 'resend-wait').textContent()).toMatch(/^in \d+ s$/);

    await login.clock.fastForward(30_000);
    await on(login, 'resend').click();
    await on(login, 'news').getByText('A new code was sent').waitFor();
    await inbox.locator('[data-testid=message]:first-child').and(other(inbox, olderUuid)).waitFor();
    await typeCode(older);
    await on(login, 'code-error').getByText('4 tries left').waitFor();
    await typeCode(await readCode(inbox));
    await on(login, 'done-step').waitFor();

    await newestMessage(inbox)
      .getByTestId('status')
      .getByText('CONVERTED', { exact: true })
      .waitFor();
    await inbox
      .locator(`[data-message-uuid="${olderUuid}"]`)
      .getByTestId('status')
      .getByText('CONVERTED_WITH_OTHERS')
      .waitFor();
  });

  it('can be used with the keyboard alone, and tells a screen reader what happens', async () => {
    const { keyboard } = login;
    const focused = (id: string) => login.locator(`#${id}:focus`).waitFor();

    await focused('phone-number');
    await keyboard.type('12');
    await keyboard.press('Enter');
    await login.getByRole('alert').getByText("This isn't a phone number").waitFor();
    await focused('phone-number');
    expect(await on(login, 'phone-number').getAttribute('aria-invalid')).toBe('true');

    await keyboard.type('+14155550103');
    await keyboard.press('Enter');
    await focused('code');
    await login.getByText('A code was sent to +14155550103.').waitFor();
    const inbox = await openInbox();
    const code = await readCode(inbox);
    await login.bringToFront();

    await keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`);
    await keyboard.press('Enter');
    await focused('done-title');
  });

  it('fits a phone of 390 px in each step, with no sideways scrolling', async () => {
    await login.setViewportSize({ width: 390, height: 844 });
    const width = (): Promise<number> => login.evaluate('document.documentElement.scrollWidth');

    expect(await width()).toBe(390);
    await askForCode('+1 415 555 0104');
    const inbox = await openInbox();
    await typeCode('1');
    await on(login, 'code-error').getByText('Enter the 6 digits').waitFor();
    expect(await width()).toBe(390);
    await typeCode(await readCode(inbox));
    await on(login, 'done-step').waitFor();
    expect(await width()).toBe(390);
  });
});

async function uuidOf(message: Locator): Promise<string> {
  return (await message.getAttribute('data-message-uuid'))!;
}

const other = (inbox: Page, messageUuid: string): Locator =>
  inbox.locator(`:not([data-message-uuid="${messageUuid}"])`);
