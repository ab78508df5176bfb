// Part of `npm run screenshots`: makes docs/images/dashboard.png, the dashboard of a made-up week. Needs
// a build, and a Chromium: CHROMIUM_PATH, or the usual place.
import 'reflect-metadata';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { chromium } from 'playwright-core';
import { ConversionFeedbackDashboardModule } from '../dist/esm/dashboard/index.js';
import {
  ConversionFeedbackModule,
  ConversionFeedbackService,
  MemoryConversionStorage,
} from '../dist/esm/index.js';

const PICTURE = join(import.meta.dirname, '..', 'docs', 'images', 'dashboard.png');

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const MESSAGES = 6_000;

/** A number of each country, its share of the messages and its rate. */
const COUNTRIES = [
  ['+14155550123', 0.34, 0.86],
  ['+4915112345678', 0.24, 0.9],
  ['+447400123456', 0.16, 0.83],
  ['+919876543210', 0.12, 0.72],
  ['+5511912345678', 0.09, 0.66],
  [undefined, 0.05, 0.58],
];

/** Reports that Plivo won't have. */
const refused = new Set();

const plivo = createServer((request, response) => {
  request.resume();
  const [messageUuid] = /[\da-f-]{36}/.exec(request.url);
  const answer = { api_id: '2b5b6b7e-1a2b-11e1-8ea7-1231380bc196' };
  if (refused.has(messageUuid)) {
    response.writeHead(404).end(JSON.stringify({ ...answer, error: 'not found' }));
  } else response.writeHead(200).end(JSON.stringify(answer));
}).listen(0, '127.0.0.1');
await once(plivo, 'listening');

class AppModule {}
Module({
  imports: [
    ConversionFeedbackModule.forRoot({
      authId: 'MAXXXXXXXXXXXXXXXXXX',
      authToken: 'none',
      baseUrl: `http://127.0.0.1:${plivo.address().port}`,
      storage: new MemoryConversionStorage(),
      retention: 2 * WEEK,
      delivery: { rateLimit: false, concurrency: 50 },
    }),
    ConversionFeedbackDashboardModule.forRoot({ public: true }),
  ],
})(AppModule);
const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await send(app.get(ConversionFeedbackService));
  const context = await browser.newContext({
    colorScheme: 'light',
    viewport: { width: 1120, height: 960 },
    locale: 'en-GB',
    timezoneId: 'Etc/UTC',
  });
  const page = await context.newPage();
  await page.goto(`${await app.getUrl()}/conversion-feedback?range=7d`);
  await page.getByTestId('country-row').first().waitFor();
  await page.screenshot({ path: PICTURE });
  console.log(PICTURE);
} finally {
  await browser.close();
  await app.close();
  plivo.close();
}

/** A week of people who log in: more by day than by night. */
async function send(feedback) {
  const random = randomFrom(2026);
  const now = Date.now();
  for (let sent = 0; sent < MESSAGES;) {
    const sentAt = now - Math.floor(random() * WEEK);
    const hour = new Date(sentAt).getUTCHours();
    if (random() > 0.25 + 0.75 * Math.sin((Math.PI * hour) / 24) ** 2) continue;
    sent += 1;
    const number = String(sent).padStart(12, '0');
    const messageUuid = `db3ce55a-7f1d-11e1-8ea7-${number}`;
    const [dst, , rate] = countryAt(random());
    await feedback.track(number, messageUuid, { sentAt: new Date(sentAt), dst });
    const took = 9_000 + 16_000 * -Math.log(1 - random());
    if (random() > rate || sentAt + took > now) continue;
    if (refused.size < 3 && now - sentAt < 3 * HOUR) refused.add(messageUuid);
    await feedback.report(number, 'CONVERTED', { timestamp: new Date(sentAt + took) });
  }
  await feedback.flush();
}

function countryAt(share) {
  let left = share;
  return COUNTRIES.find(([, part]) => (left -= part) < 0) ?? COUNTRIES[0];
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
