import { FailureReason } from '../conversion-report.js';
import { DeliveryAnswer } from '../delivery/answer.js';
import { PlivoResponse } from './plivo-http.js';
import { retryAfter } from './retry-after.js';

/** Statuses that say: not this report, whenever it comes. */
const REJECTED = new Set([400, 404, 409, 422]);

/**
 * What an answer to a report means for its delivery. The success code isn't documented: any 2xx
 * whose body is Plivo's JSON will do. A 2xx with another body (a proxy's page, say) isn't Plivo's
 * answer. A status that isn't documented is tried again, until the report is too old.
 */
export function classify(
  response: PlivoResponse,
  now: number,
  secrets: readonly string[],
): DeliveryAnswer {
  const { status, body } = response;
  const reason = reasonOf(response, secrets);
  if (status >= 200 && status < 300) return body ? { kind: 'done' } : { kind: 'not-now', reason };
  if (REJECTED.has(status)) return { kind: 'rejected', reason };
  if (status === 401 || status === 403)
    return { kind: 'refused', reason, maybeOne: status === 403 };
  return {
    kind: 'not-now',
    reason,
    retryAfter: retryAfter(response.headers['retry-after'], now),
    slow: status === 429,
  };
}

/**
 * What Plivo said, fit to be stored and shown.
 * @param secrets what it may have repeated of the request, and nobody else should see
 */
export function reasonOf(
  { status, body }: PlivoResponse,
  secrets: readonly string[] = [],
): FailureReason {
  const said = body && (body.error ?? body.message);
  return {
    status,
    message: body
      ? withoutSecrets(said, secrets)
      : 'the answer is not the JSON that Plivo documents',
    apiId: typeof body?.api_id === 'string' ? body.api_id.slice(0, 100) : undefined,
  };
}

/** Longest of Plivo's words that is kept. */
const LONGEST_MESSAGE = 300;

/** Plivo's words on one line, without the secrets, and without anything that could be a number. */
function withoutSecrets(said: unknown, secrets: readonly string[]): string {
  const text = typeof said === 'string' ? said : JSON.stringify(said ?? 'no message');
  return secrets
    .reduce(
      (shown, secret) => shown.replaceAll(secret, '[secret]'),
      text.slice(0, 4 * LONGEST_MESSAGE),
    )
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/(?<![\w-])\+?\d(?:[\d\s().-]{5,})\d(?![\w-])/g, '[number]')
    .slice(0, LONGEST_MESSAGE);
}
