import type { AppNews, Told } from '../harness/protocol.js';
import { chaosTime } from '../harness/time.js';

/** Tells the parent process. */
export function tell(news: AppNews): void {
  const told: Told = { ...news, at: chaosTime(), pid: process.pid };
  if (process.connected) process.send!(told);
}

/** A child that nobody listens to any more ends: none outlives the harness, however that ended. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit());
}
