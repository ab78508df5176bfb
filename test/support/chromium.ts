import { chromium, type Browser } from 'playwright-core';
import { findProgram } from './find-program.js';

/** Path of a Chromium. */
export function findChromium(): Promise<string> {
  return findProgram({
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'CHROMIUM_PATH',
    debian: 'chromium',
  });
}

/** Launches it headless, without anything that calls home. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
