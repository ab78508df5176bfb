import { isWebResponse } from './http-response.js';

/** Properties by which handlers say how it went. */
const VERDICTS = ['success', 'verified', 'valid', 'ok'] as const;

/** Whether a handler's last value means that the verification succeeded. */
export function meansSuccess(value: unknown): boolean {
  if (value === false) return false;
  if (typeof value !== 'object' || value === null) return true;
  if (VERDICTS.every((verdict) => (value as Record<string, unknown>)[verdict] !== false))
    return true;
  // Its `ok` is no verdict but tells of its status, and is false of a redirect too.
  return isWebResponse(value);
}

/** The same of an event, as gateways and event streams send it: what it means may stand in its `data`. */
export function eventMeansSuccess(event: unknown): boolean {
  if (!meansSuccess(event)) return false;
  return typeof event !== 'object' || event === null || meansSuccess((event as MessageEvent).data);
}
