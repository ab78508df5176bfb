import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isJson } from '../http/body.js';

/** Why a request to the page or the control API is refused. */
export interface Refusal {
  status: number;
  error: string;
}

/**
 * Keeps web pages that the developer has open from steering the sandbox or reading its inbox.
 *
 * - Host must be loopback, an IP address, or a name we were given: a foreign name that resolves to
 *   us is DNS rebinding. (An address can't be rebound.)
 * - Origin, where it's sent, must be our own.
 * - What changes something must be declared as JSON, which a foreign page can't send without the
 *   browser asking us first, and we never say yes.
 */
export function refuse(request: IncomingMessage, names: readonly string[]): Refusal | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !isOurs(host, names)) {
    return {
      status: 403,
      error: `the Host ${host ?? ''} isn't this sandbox's; option allowedHosts lets more in`,
    };
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, error: `requests from ${origin} aren't taken` };
  }
  if (request.method === 'POST' && !isJson(request)) {
    return { status: 415, error: 'the Content-Type must be application/json' };
  }
  return undefined;
}

function isOurs(host: string, names: readonly string[]): boolean {
  const name = host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    isIP(name) !== 0 ||
    names.some((allowed) => allowed.toLowerCase() === name)
  );
}
