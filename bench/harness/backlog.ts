import type { AppSettings } from '../processes/app/settings.js';
import { assertRight } from '../rows/row.js';
import type { Stage } from './stage.js';

/** Callers at once: the more there are, the more of their writes are committed together. */
const CALLERS = 1_024;

/**
 * Fills a store with reports that are pending, each of a verification of its own, by a process that
 * only records, and is killed.
 * @param from number of the first verification
 */
export async function fill(
  stage: Stage,
  path: string,
  { from = 0, count }: { from?: number; count: number },
): Promise<void> {
  const app = stage.app({
    platform: 'express',
    handler: 'tracked',
    storage: { kind: 'lmdb', path },
    // Nothing goes there.
    provider: 'http://127.0.0.1:9',
    delivery: false,
  });
  await app.ask('prepare', from, count, CALLERS);
  await app.ask('settle', from, count, CALLERS);
  const { open, pending } = await app.ask('counts');
  assertRight(
    open === 0 && pending === from + count,
    `${pending} are pending and ${open} open, where ${from + count} were recorded`,
  );
  await app.kill();
}

/** Settings of an app that delivers what is in a store. */
export function deliverer(
  path: string,
  provider: string,
  more: Pick<AppSettings, 'delivery' | 'watch'> = {},
): AppSettings {
  const storage = { kind: 'lmdb', path } as const;
  return { platform: 'express', handler: 'tracked', storage, provider, ...more };
}
