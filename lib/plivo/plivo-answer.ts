import { FailureReason } from '../conversion-report.js';
import { DeliveryAnswer } from '../delivery/answer.js';
import { PlivoResponse } from './plivo-http.js';
import { retryAfter } from './retry-after.js';

/** Has no body, by definition. */
const NO_CONTENT = 204;
/** Statuses that say: not this report, whenever it comes. */
const REJECTED = new Set([400, 404, 409, 422]);

/**
 * What an answer to a report means for its delivery. The success code isn't documented: any 2xx
 * whose body is Plivo's JSON will do, and 204, which can have none. A 2xx with another body (a proxy's page, say) isn't Plivo's
 * answer. A status that isn't documented is tried again, until the report is too old.
 */
export function classify(
  response: PlivoResponse,
  now: number,
  secrets: readonly string[],
): DeliveryAnswer {
  const { status, body } = response;
  const succeeded = status >= 200 && status < 300;
  if (status === NO_CONTENT || (succeeded && body)) return { kind: 'done' };
  const reason = reasonOf(response, secrets);
  if (succeeded) return { kind: 'not-now', reason };
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
  return {
    status,
    message: body
      ? withoutSecrets(textOf(body.error ?? body.message ?? 'no message'), secrets, LONGEST_MESSAGE)
      : 'the answer is not the JSON that Plivo documents',
    apiId: apiIdOf(body, secrets),
  };
}

/** Plivo's id of a request; undefined where it gave none. */
export function apiIdOf(
  body: PlivoResponse['body'],
  secrets: readonly string[],
): string | undefined {
  if (typeof body?.api_id !== 'string') return undefined;
  return withoutSecrets(body.api_id, secrets, LONGEST_API_ID);
}

/** Longest of Plivo's words that is kept. */
const LONGEST_MESSAGE = 300;
/** Beyond this they aren't Plivo's, and not shown at all: a cut could leave half of a secret. */
const LONGEST_SAID = 1_200;
const LONGEST_API_ID = 100;
const UUID = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;
/** So much of a secret is hidden wherever it stands: an answer may repeat the request and cut it. */
const SHORTEST_PIECE = 10;
/** A phone number, or four digits in a row: those may be a code. */
const NUMBER = /\+?\d[\d\s().-]{5,}\d|\d{4,}/g;

function textOf(said: unknown): string {
  if (typeof said === 'string') return said;
  try {
    return JSON.stringify(said);
  } catch {
    return 'a message that is too deep to be shown';
  }
}

/** Plivo's words on one line, without the secrets, and without anything that could be a number. */
function withoutSecrets(said: string, secrets: readonly string[], longest: number): string {
  if (said.length > LONGEST_SAID) return 'a message that is too long to be shown';
  const forms = [...new Set(secrets)].flatMap(formsOf).sort((a, b) => b.length - a.length);
  // UTF-16 that was taken for bytes is text with a NUL beside each letter.
  const whole = forms.reduce(
    (shown, form) => shown.replaceAll(form, '[secret]'),
    said.replaceAll('\u0000', ''),
  );
  const text = secrets.reduce(withoutPieces, whole).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  // Splitting leaves the UUIDs at the odd places: message_uuids and api_ids, which tell nothing.
  const parts = text.split(UUID);
  return parts
    .map((part, index) => (index % 2 === 1 ? part : part.replace(NUMBER, '[number]')))
    .join('')
    .slice(0, longest);
}

/** Without what a cut left of a secret. */
function withoutPieces(said: string, secret: string): string {
  let shown = '';
  let at = 0;
  while (at < said.length) {
    let end = at + SHORTEST_PIECE;
    if (end > said.length || !secret.includes(said.slice(at, end))) {
      shown += said[at];
      at += 1;
      continue;
    }
    while (end < said.length && secret.includes(said.slice(at, end + 1))) end += 1;
    shown += '[secret]';
    at = end;
  }
  return shown;
}

/** How a secret may stand in an answer. */
function formsOf(secret: string): string[] {
  if (secret === '') return [];
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}
