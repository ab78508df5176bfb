import type { AppSettings } from '../../processes/app/settings.js';

/** Callers at once, of ours and of bare BullMQ. */
export const CALLERS = 64;

/** Settings of an app whose storage is on Redis. */
export function ourApp(
  port: number,
  provider: string,
  more: Pick<AppSettings, 'delivery' | 'watch'>,
): AppSettings {
  const storage = { kind: 'bullmq', port } as const;
  return { platform: 'express', handler: 'tracked', storage, provider, ...more };
}
