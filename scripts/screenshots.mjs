// `npm run screenshots`: makes the README's picture, docs/images/login-and-sandbox.png, from the login
// sample and the sandbox as they are now. Needs a Chromium: CHROMIUM_PATH, or the usual place.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const PICTURE = join(import.meta.dirname, '..', 'docs', 'images', 'login-and-sandbox.png');
const LOGIN_SIZE = { width: 440, height: 550 };
const INBOX_SIZE = { width: 640, height: 550 };

const store = await mkdtemp(join(tmpdir(), 'screenshots-'));
const start = spawn(process.execPath, [join(import.meta.dirname, 'start.mjs')], {
  env: { ...process.env, PORT: '0', SANDBOX_PORT: '0', CONVERSION_FEEDBACK_PATH: store },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

try {
  const [loginUrl, inboxUrl] = await addresses();
  const context = await browser.newContext({ colorScheme: 'light', deviceScaleFactor: 1.5 });
  const inbox = await context.newPage();
  await inbox.setViewportSize(INBOX_SIZE);
  await inbox.goto(inboxUrl);
  const login = await context.newPage();
  await login.setViewportSize(LOGIN_SIZE);
  await logIn(login, loginUrl, inbox);

  await mkdir(join(PICTURE, '..'), { recursive: true });
  await sideBySide(context, [await login.screenshot(), await inbox.screenshot()]);
  console.log(PICTURE);
} finally {
  await browser.close();
  start.kill('SIGTERM');
  await once(start, 'close');
  await rm(store, { recursive: true, force: true });
}

async function addresses() {
  let output = '';
  for await (const chunk of start.stdout) {
    output += chunk;
    const urls = output.match(/http:\/\/[\d.:]+/g);
    if (urls?.length === 3) return urls;
  }
  throw new Error(`npm start ended:\n${output}`);
}

/** With a resend, so that the picture shows both statuses. */
async function logIn(login, url, inbox) {
  await login.clock.install();
  await login.goto(url);
  await login.getByTestId('phone-number').fill('+1 415 555 0123');
  await login.getByTestId('send').click();
  await login.getByTestId('code-step').waitFor();
  await login.clock.fastForward(30_000);
  await login.getByTestId('resend').click();
  await inbox.getByTestId('message').nth(1).waitFor();
  const code = await inbox.getByTestId('code').first().textContent();
  await login.getByTestId('code').fill(code);
  await login.getByTestId('verify').click();
  await login.getByTestId('done-step').waitFor();
  const statuses = inbox.getByTestId('status');
  await statuses.first().getByText('CONVERTED', { exact: true }).waitFor();
  await statuses.nth(1).getByText('CONVERTED_WITH_OTHERS').waitFor();
  // The highlight of what is new has faded by then.
  await inbox.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
}

async function sideBySide(context, pictures) {
  const page = await context.newPage();
  const width = LOGIN_SIZE.width + INBOX_SIZE.width + 1;
  await page.setViewportSize({ width, height: LOGIN_SIZE.height });
  const images = pictures.map(
    (picture, index) =>
      `<img src="data:image/png;base64,${picture.toString('base64')}"
        width="${[LOGIN_SIZE, INBOX_SIZE][index].width}">`,
  );
  await page.setContent(
    `<body style="margin:0;display:flex;gap:1px;background:#c4ccd6">${images.join('')}`,
  );
  await page.screenshot({ path: PICTURE });
}
