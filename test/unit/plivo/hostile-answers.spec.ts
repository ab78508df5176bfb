import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classify, reasonOf } from '../../../lib/plivo/plivo-answer.js';
import { retryAfter } from '../../../lib/plivo/retry-after.js';
import { anyText } from '../../support/hostile.js';

const anyBody = (): fc.Arbitrary<Record<string, unknown> | undefined> => {
  const said = fc.oneof(anyText(), fc.jsonValue(), fc.constant(undefined));
  return fc.option(fc.record({ api_id: said, error: said, message: said, message_uuid: said }), {
    nil: undefined,
  });
};

const anyStatus = (): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(200, 202, 204, 301, 400, 401, 403, 404, 429, 500), fc.nat(999));

// Its base64 holds both characters that base64url hasn't.
const token = 'TOKEN???MARKER>>>';
const number = '14155550177';

/** Ways in which what was sent may come back. */
const FORMS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  'percent-encoded': encodeURIComponent,
  JSON: (text) => JSON.stringify(text),
};

describe("Plivo's answers, whatever they are", () => {
  it('are each one of the four kinds, with a reason that is short, on one line, and can be stored', () => {
    const kinds = ['done', 'rejected', 'refused', 'not-now'];
    fc.assert(
      fc.property(
        anyStatus(),
        fc.dictionary(anyText(), anyText()),
        anyBody(),
        (status, headers, body) => {
          const answer = classify({ status, headers, body }, Date.now(), [token]);
          expect(kinds).toContain(answer.kind);
          if (answer.kind === 'done') return;
          const { reason } = answer;
          expect(typeof reason.message).toBe('string');
          expect(reason.message.length).toBeLessThanOrEqual(300);
          expect(reason.message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(reason.apiId?.length ?? 0).toBeLessThanOrEqual(100);
          expect(JSON.parse(JSON.stringify(reason))).toMatchObject({ message: reason.message });
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(Object.entries(FORMS))('lose the token and the number that come back %s', (_, form) => {
    const place = fc.constantFrom('error', 'message', 'api_id');
    const noise = fc.string({
      unit: fc.constantFrom('-', '_', ' ', '"', ':', 'x', 'é'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(place, noise, noise, fc.boolean(), (name, before, after, nested) => {
        const secrets = [token, number];
        const said = before + secrets.map(form).join(after) + after;
        const body = { [name]: nested && name !== 'api_id' ? { deep: [said] } : said };
        const reason = reasonOf({ status: 400, headers: {}, body }, secrets);
        for (const secret of secrets.flatMap((each) => [each, form(each)]))
          expect(JSON.stringify(reason)).not.toContain(secret);
      }),
    );
  });

  it('lose numbers that nobody knew of, whatever stands around them', () => {
    const around = fc.constantFrom('', ' ', 'dst', '_', '%2B', '+', '"', 'x', '=', '\u0000');
    const how = fc.constantFrom('', ' ', '-', '.', ')(', '\u0000', '\r\n');
    fc.assert(
      fc.property(around, around, how, (before, after, separator) => {
        const error = before + [...number].join(separator) + after;
        const { message } = reasonOf({ status: 400, headers: {}, body: { error } });
        expect(message.replace(/\D/g, '')).not.toContain(number);
      }),
    );
  });

  it('lose all of a secret, though it stands where they are cut', () => {
    const long = 'SECRET'.repeat(20);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_400 }),
        fc.integer({ min: 1, max: 12 }),
        (fill, times) => {
          const error = '.'.repeat(fill) + long.repeat(times);
          const { message } = reasonOf({ status: 400, headers: {}, body: { error } }, [long]);
          expect(message).not.toContain('SECRET');
        },
      ),
    );
  });

  it('may be nested as deep as fits in an answer', () => {
    const error: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000));
    expect(reasonOf({ status: 400, headers: {}, body: { error } }, [token]).message).toEqual(
      expect.stringMatching(/too (deep|long) to be shown/),
    );
  });
});

describe('Retry-After, whatever it is', () => {
  it('is a wait of 0 ms or more, or says nothing', () => {
    const header = fc.oneof(
      anyText(),
      fc.anything(),
      fc.bigInt().map(String),
      fc.double().map(String),
      fc.date().map((date) => `${date.toString()}`),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.string({ unit: fc.constantFrom(...'0123456789 ,:-+eMonTueGMTJanFeb') }),
    );
    fc.assert(
      fc.property(header, fc.nat(), (given, now) => {
        const wait = retryAfter(given, now);
        if (wait === undefined) return;
        expect(Number.isFinite(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the seconds it says, or the time left until its date', () => {
    const seconds = fc.integer({ min: 0, max: 10 ** 9 });
    fc.assert(
      fc.property(seconds, seconds, (asked, now) => {
        expect(retryAfter(String(asked), now)).toBe(asked * 1_000);
        const date = new Date((now + asked) * 1_000).toUTCString();
        expect(retryAfter(date, now * 1_000)).toBe(asked * 1_000);
      }),
    );
  });
});
