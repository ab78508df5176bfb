import type { IncomingHttpHeaders } from 'node:http';

/** Sent by the page with what changes something; no other site can send it without asking first. */
export const RETRY_HEADER = 'x-conversion-feedback';

/**
 * Why a request isn't one of the page's own; undefined where it is, or comes from no browser at all.
 * Whatever a guard goes by, a cookie or a password that the browser remembers, another site that the
 * user has open could have the browser send it. A browser says where a request comes from: by
 * Sec-Fetch-Site, or, over plain http, by Origin alone.
 */
export function foreignness(headers: IncomingHttpHeaders): string | undefined {
  const site = headers['sec-fetch-site'];
  // Sent from the address bar.
  if (site === 'same-origin' || site === 'none') return undefined;
  if (site !== undefined) return 'requests of other sites are refused';
  const { origin, host } = headers;
  if (origin === undefined) return undefined;
  // Each proxy of a chain adds what it was asked under.
  const forwarded = String(headers['x-forwarded-host'] ?? '').split(',');
  const hosts = [host, ...forwarded.map((each) => each.trim())].filter(Boolean);
  if (URL.canParse(origin) && hosts.includes(new URL(origin).host)) return undefined;
  return `the page's origin isn't the host that the app was asked under: have the proxy pass on Host, or X-Forwarded-Host`;
}

/** Why a request mustn't change anything; undefined where it may. */
export function notFromPage(headers: IncomingHttpHeaders): string | undefined {
  if (headers[RETRY_HEADER] !== 'retry') return `the header ${RETRY_HEADER}: retry is missing`;
  return foreignness(headers);
}
