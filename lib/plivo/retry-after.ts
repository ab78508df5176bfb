/**
 * The wait that a Retry-After header asks for, in ms: it holds seconds, or an HTTP date. Undefined
 * where there is none, or nonsense. Plivo documents no such header: it is obeyed when it is there.
 */
export function retryAfter(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
