import type { SandboxResource } from '../faults.js';
import { failure, type Answer } from './answer.js';

/** Which request of the API this is. */
export interface Route {
  resource: SandboxResource;
  authId: string;
  /** Only of a conversion. */
  messageUuid: string;
}

// Capitals in one, none in the other, a slash at the end of both: as Plivo documents them.
const MESSAGE = /^\/v1\/Account\/([^/?]+)\/Message\/(?:\?.*)?$/;
const CONVERSION = /^\/v1\/account\/([^/?]+)\/message\/([^/?]+)\/conversion\/(?:\?.*)?$/;

/** Finds the route of a request target, or the answer for one that leads nowhere. */
export function findRoute(method: string, target: string): Route | Answer {
  const message = MESSAGE.exec(target);
  const conversion = CONVERSION.exec(target);
  const match = message ?? conversion;
  if (match === null) return failure(404, `not found${hint(target)}`);
  if (method !== 'POST') {
    return failure(405, `method not allowed: only POST is, not ${method}`, { Allow: 'POST' });
  }
  return {
    resource: message ? 'message' : 'conversion',
    authId: decode(match[1]),
    messageUuid: decode(match[2] ?? ''),
  };
}

function hint(target: string): string {
  const path = target.replace(/\?.*$/, '');
  const sloppy = path.endsWith('/') ? path : `${path}/`;
  if (/^\/v1\/account\/[^/]+\/message\/$/i.test(sloppy)) {
    return ': messages are sent to /v1/Account/{auth_id}/Message/ (mind the case and the last slash)';
  }
  if (/^\/v1\/account\/[^/]+\/message\/[^/]+\/conversion\/$/i.test(sloppy)) {
    return ': conversions are reported to /v1/account/{auth_id}/message/{message_uuid}/conversion/ (mind the case and the last slash)';
  }
  return ': the sandbox takes POST /v1/Account/{auth_id}/Message/ and POST /v1/account/{auth_id}/message/{message_uuid}/conversion/';
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
