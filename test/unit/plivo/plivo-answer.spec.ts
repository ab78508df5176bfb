import { describe, expect, it } from '@jest/globals';
import { classify, reasonOf } from '../../../lib/plivo/plivo-answer.js';

const answer = (
  status: number,
  body: Record<string, unknown> | undefined = { api_id: 'a', error: 'no' },
) => classify({ status, headers: {}, body }, 0, []);

describe("Plivo's answers to a report", () => {
  it.each([200, 201, 202, 299])('%d with its JSON: done', (status) => {
    expect(answer(status, { api_id: 'a', message: 'successfully recorded.' })).toEqual({
      kind: 'done',
    });
  });

  it('204, which can have no body: done', () => {
    expect(classify({ status: 204, headers: {} }, 0, [])).toEqual({ kind: 'done' });
  });

  it.each([200, 202])("%d with another body isn't Plivo's: not now", (status) => {
    expect(classify({ status, headers: {} }, 0, [])).toMatchObject({
      kind: 'not-now',
      reason: { status },
    });
  });

  it.each([400, 404, 409, 422])("%d: this report can't succeed", (status) => {
    expect(answer(status)).toEqual({
      kind: 'rejected',
      reason: { status, message: 'no', apiId: 'a' },
    });
  });

  it.each([408, 425, 500, 502, 503, 504])('%d: not now', (status) => {
    expect(answer(status)).toMatchObject({ kind: 'not-now', slow: false });
  });

  it.each([301, 302, 402, 405, 413])(
    "%d isn't documented: not now, so that nothing is lost",
    (status) => {
      expect(answer(status)).toMatchObject({ kind: 'not-now' });
    },
  );

  it('429: not now, for the whole line', () => {
    expect(answer(429)).toMatchObject({ kind: 'not-now', slow: true });
  });

  it('401: refused, all of them', () => {
    expect(answer(401)).toMatchObject({ kind: 'refused', maybeOne: false });
  });

  it('403: refused, maybe this one alone', () => {
    expect(answer(403)).toMatchObject({ kind: 'refused', maybeOne: true });
  });

  it('obeys Retry-After where it comes', () => {
    const response = { status: 503, headers: { 'retry-after': '3' }, body: {} };
    expect(classify(response, 0, [])).toMatchObject({ kind: 'not-now', retryAfter: 3_000 });
  });
});

describe("Plivo's words", () => {
  const said = (error: unknown, secrets: string[] = []) =>
    reasonOf({ status: 400, headers: {}, body: { error } }, secrets).message;

  it('lose phone numbers, however they are written', () => {
    expect(said('dst +14155550123 is invalid')).toBe('dst [number] is invalid');
    expect(said('14155550123,4930123456')).toBe('[number],[number]');
    expect(said('to (415) 555-0123 not allowed')).not.toContain('555');
  });

  it('lose what was secret in the request', () => {
    expect(said('your text "Code 4711" with token abc', ['Code 4711', 'abc'])).toBe(
      'your text "[secret]" with token [secret]',
    );
  });

  it('lose what a cut left of a secret', () => {
    const text = 'Your code is KQXWZB. It is good for five minutes';
    expect(said('text "Your code is KQX..." is not allowed', [text])).toBe(
      'text "[secret]..." is not allowed',
    );
    expect(said('(...code is KQXWZB. It is go)', [text])).toBe('(...[secret])');
    expect(said('the code is wrong', [text])).toBe('the code is wrong');
  });

  it('keep ids', () => {
    const uuid = 'db3ce55a-7f1d-11e1-8ea7-1231380bc196';
    expect(said(`message ${uuid} not found`)).toBe(`message ${uuid} not found`);
  });

  it('fit on one line of bounded length, whatever they are', () => {
    expect(said('a\r\nb\u0001c\u0000d')).toBe('a b cd');
    expect(said('x'.repeat(1_000))).toHaveLength(300);
    expect(said('x'.repeat(10_000_000))).toBe('a message that is too long to be shown');
    expect(said({ dst: ['wrong'] })).toBe('{"dst":["wrong"]}');
  });
});
