import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConversionFeedbackModuleOptions, InvalidOptionsError } from '../../../lib/index.js';
import { ResolvedOptions, resolveOptions } from '../../../lib/conversion-feedback.options.js';
import { TEN_MEGABYTES, anything, made } from '../../support/hostile.js';

const needed = { authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'TOKENMARKER0123456789' };

const OPTIONS = [
  'authId',
  'authToken',
  'baseUrl',
  'superseded',
  'expireAfter',
  'retention',
  'storage',
  'delivery',
  'delivery.concurrency',
  'delivery.rateLimit',
  'delivery.rateLimit.max',
  'delivery.rateLimit.duration',
  'delivery.timeout',
  'delivery.backoff',
  'delivery.backoff.initial',
  'delivery.backoff.max',
  'delivery.maxAge',
  'http',
  'http.proxy',
  'http.httpAgent',
  'http.httpsAgent',
  'http.lookup',
  'http.family',
  'recordTimeout',
  'shutdownTimeout',
];

/** The options with one of them, at whatever depth, set to a value. */
function optionsWith(path: string, value: unknown): object {
  const [first, ...rest] = path.split('.').reverse();
  const wrong = rest.reduce<object>((inner, key) => ({ [key]: inner }), { [first]: value });
  return { ...needed, ...wrong };
}

function outcomeOf(given: object): ResolvedOptions | InvalidOptionsError {
  try {
    return resolveOptions(given as ConversionFeedbackModuleOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    return error as InvalidOptionsError;
  }
}

/** What became of an option. */
function carried(options: ResolvedOptions, path: string): unknown {
  if (path === 'delivery.timeout') return options.timeout;
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], options);
}

describe('the options, whatever they hold', () => {
  it.each(OPTIONS)('stop the boot with %s named, or carry it as it was given', (path) => {
    // `http` is named as a whole, and its faulty fields within the sentence.
    const named = path.startsWith('http') ? 'http' : path;
    const before = outcomeOf(needed) as ResolvedOptions;
    fc.assert(
      fc.property(anything(), (given) => {
        const value = made(given);
        const outcome = outcomeOf(optionsWith(path, value));
        if (outcome instanceof InvalidOptionsError) {
          // expireAfter may be fine by itself, and too long for the retention.
          const names = path === 'expireAfter' ? [path, 'retention'] : [named];
          const faults = outcome.faults.map(({ field }) => field);
          expect(
            faults.some((field) => names.some((name) => `${field}.`.startsWith(`${name}.`))),
          ).toBe(true);
          expect(outcome.message).not.toContain(needed.authToken);
        } else if (isGroup(path, value)) {
          // Nothing was given in it that means anything.
          if (path !== 'http') expect(carried(outcome, path)).toEqual(carried(before, path));
        } else {
          const default_ = path.startsWith('http.') ? undefined : carried(before, path);
          expect(carried(outcome, path)).toEqual(value === undefined ? default_ : value);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('stop the boot within a second where each of them holds 10 MB', () => {
    for (const path of OPTIONS) {
      const started = performance.now();
      const outcome = outcomeOf(optionsWith(path, TEN_MEGABYTES));
      expect(outcome).toBeInstanceOf(InvalidOptionsError);
      expect((outcome as InvalidOptionsError).message.length).toBeLessThan(1_000);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it.each([
    'http://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'http://localhost%2eevil.com',
    'http://127.0.0.1\t.evil.com',
    'http://localhost@evil.com',
    'http://127.0.0.1:80@evil.com',
    'http://localhost\\@evil.com',
    'http://localhost#@evil.com',
    'http://localhost?@evil.com',
    'http://evil.com/127.0.0.1',
    'http://[::ffff:8.8.8.8]',
    'http://[::]',
    'http://0.0.0.0',
    'http://0',
    'http://8.8.8.8',
    'http://134744072',
    'http://0x08.8',
    'http://127.0.0.256',
    'http://127.0.0.1.1',
    'http://localhost..',
    'http://localhost.localdomain',
    'http://xn--localhost-',
    'HTTP://SMS.EXAMPLE.COM',
    'http:api.plivo.com',
    '//api.plivo.com',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    'https://api.plivo.com/../v1/',
    'https://api.plivo.com/v1/Account',
  ])(
    'refuse %j as base URL: what it says would leave this machine unencrypted, or elsewhere',
    (baseUrl) => {
      const outcome = outcomeOf({ ...needed, baseUrl });
      expect(outcome).toBeInstanceOf(InvalidOptionsError);
      expect((outcome as InvalidOptionsError).faults).toMatchObject([{ field: 'baseUrl' }]);
    },
  );

  it.each([
    'http://LOCALHOST:1',
    'http://0x7f.1:1',
    'http://2130706433:1',
    'http://127.1:1',
    'http://127.0.0.1.:1',
  ])('accept %s as base URL: it is this machine, by whatever name', (baseUrl) => {
    expect(outcomeOf({ ...needed, baseUrl })).not.toBeInstanceOf(InvalidOptionsError);
    expect(new URL(baseUrl).hostname).toMatch(/^(localhost|127\.0\.0\.1)$/);
  });

  it.each([
    'baseURL',
    'url',
    'headers',
    'auth',
    'params',
    'adapter',
    'transport',
    'socketPath',
    'beforeRedirect',
    'maxRedirects',
    'maxContentLength',
    'validateStatus',
    'transformRequest',
    'insecureHTTPParser',
    '__proto__',
  ])('refuse %s in http: it could change where requests go, or what they say', (name) => {
    const http = JSON.parse(`{"${name}":"x"}`) as object;
    expect(outcomeOf({ ...needed, http })).toMatchObject({
      faults: [{ field: 'http', message: expect.stringContaining(`\`${name}\``) }],
    });
  });
});

/** Whether a value is an object in the place of a group of options. */
function isGroup(path: string, value: unknown): boolean {
  const groups = ['delivery', 'delivery.rateLimit', 'delivery.backoff', 'http'];
  return groups.includes(path) && typeof value === 'object' && value !== null;
}
