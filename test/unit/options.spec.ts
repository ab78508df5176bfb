import { describe, expect, it } from '@jest/globals';
import {
  ConversionStatus,
  InvalidOptionsError,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from '../../lib/index.js';
import { resolveOptions } from '../../lib/conversion-feedback.options.js';

const needed = { authId: 'MAXXXXXXXXXXXXXXXXXX', authToken: 'the-token-nobody-may-see' };

const faultsOf = (options: object): InvalidOptionsError => {
  try {
    resolveOptions({ ...needed, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    return error as InvalidOptionsError;
  }
  throw new Error('nothing was wrong');
};

describe('the options', () => {
  it('have defaults for all but the credentials', () => {
    expect(resolveOptions(needed)).toMatchObject({
      baseUrl: 'https://api.plivo.com',
      superseded: ConversionStatus.CONVERTED_WITH_OTHERS,
      expireAfter: undefined,
      retention: 86_400_000,
      storage: expect.any(LmdbConversionStorage),
      delivery: {
        concurrency: 10,
        rateLimit: { max: 200, duration: 5_000 },
        timeout: 10_000,
        backoff: { initial: 1_000, max: 600_000 },
        maxAge: 259_200_000,
      },
      recordTimeout: 250,
      shutdownTimeout: 5_000,
    });
  });

  it('keep the defaults of what is left out at each level, or undefined', () => {
    const { delivery, retention } = resolveOptions({
      ...needed,
      retention: undefined,
      delivery: { concurrency: 3, rateLimit: { max: 50 } as never, backoff: undefined },
    });
    expect(retention).toBe(86_400_000);
    expect(delivery).toMatchObject({
      concurrency: 3,
      rateLimit: { max: 50, duration: 5_000 },
      backoff: { initial: 1_000, max: 600_000 },
    });
  });

  it.each([
    'https://api.plivo.com',
    'https://api.plivo.com/',
    'https://plivo.proxy.example:8443',
    'http://127.0.0.1:4010',
    'http://127.9.9.9',
    'http://localhost:4010',
    'http://[::1]:4010',
  ])('accept %s as base URL', (baseUrl) => {
    expect(resolveOptions({ ...needed, baseUrl }).baseUrl).toBe(baseUrl);
  });

  it.each([
    'http://sms.example.com',
    'http://127.0.0.1.example.com',
    'http://10.0.0.1',
    'http://0.0.0.0:80',
    'https://api.plivo.com/v1',
    'https://api.plivo.com?x=1',
    'ftp://api.plivo.com',
    'api.plivo.com',
    '',
    42,
  ])('refuse %p as base URL', (baseUrl) => {
    expect(faultsOf({ baseUrl }).faults).toEqual([
      {
        field: 'baseUrl',
        message: `\`baseUrl\` ${JSON.stringify(baseUrl)} must be https, or http on a loopback host, without path, query or credentials`,
      },
    ]);
  });

  it('refuse credentials in the base URL, and don’t repeat them', () => {
    const { message } = faultsOf({ baseUrl: 'https://user:password@api.plivo.com' });
    expect(message).toMatch(/`baseUrl` with an @ must be https.* without .*credentials/);
    expect(message).not.toContain('password');
  });

  it.each([
    ['authId', { authId: undefined }],
    ['authId', { authId: '' }],
    ['authId', { authId: 'MA/../x' }],
    ['authToken', { authToken: '' }],
    ['authToken', { authToken: ['a'] }],
    ['superseded', { superseded: 'CONVERTED' }],
    ['superseded', { superseded: true }],
    ['expireAfter', { expireAfter: 0 }],
    ['expireAfter', { expireAfter: 1.5 }],
    ['retention', { retention: -1 }],
    ['retention', { retention: '1h' }],
    ['retention', { retention: Infinity }],
    ['retention', { retention: 1_000, expireAfter: 2_000 }],
    ['retention', { retention: 2_000, expireAfter: 2_000 }],
    ['storage', { storage: {} }],
    ['storage', { storage: null }],
    ['delivery', { delivery: true }],
    ['delivery', { delivery: [] }],
    ['delivery.concurrency', { delivery: { concurrency: -1 } }],
    ['delivery.concurrency', { delivery: { concurrency: NaN } }],
    ['delivery.timeout', { delivery: { timeout: 2 ** 31 } }],
    ['delivery.rateLimit', { delivery: { rateLimit: 200 } }],
    ['delivery.rateLimit.max', { delivery: { rateLimit: { max: 0, duration: 1 } } }],
    ['delivery.backoff.initial', { delivery: { backoff: { initial: 0, max: 1 } } }],
    ['delivery.maxAge', { delivery: { maxAge: -5 } }],
    ['delivery.retries', { delivery: { retries: 3 } }],
    ['http', { http: { headers: { authorization: 'Basic x' } } }],
    ['http', { http: { baseURL: 'http://elsewhere.example' } }],
    ['http', { http: 'proxy' }],
    ['recordTimeout', { recordTimeout: -1 }],
    ['shutdownTimeout', { shutdownTimeout: null }],
    ['token', { token: 'x' }],
    ['__proto__', JSON.parse('{"__proto__":{"polluted":true}}') as object],
    ['constructor', { constructor: 1 }],
  ])('refuse a wrong %s: %p', (field, wrong) => {
    const { faults, message } = faultsOf(wrong);
    expect(faults).toMatchObject([{ field }]);
    expect(message).toContain(`\`${field}\``);
  });

  it('list all faults in one error, each with its value and what is accepted', () => {
    expect(
      faultsOf({ baseUrl: 'http://sms.example.com', delivery: { concurrency: -1 } }).message,
    ).toBe(
      '2 options are invalid: `baseUrl` "http://sms.example.com" must be https, or http on a loopback host, without path, query or credentials; `delivery.concurrency` -1 must be an integer from 1 to 1000.',
    );
  });

  it('never show the token, whatever is wrong with them', () => {
    const wrong = {
      authToken: 'the-token-nobody-may-see\ud800',
      authId: '',
      http: { auth: { password: 'hunter2' } },
    };
    expect(faultsOf(wrong).message).not.toMatch(/nobody-may-see|hunter2/);
  });

  it('accept storages that are shared, and no others, where another process delivers', () => {
    expect(
      faultsOf({ delivery: false, storage: new MemoryConversionStorage() }).faults,
    ).toMatchObject([{ field: 'delivery' }]);
    expect(resolveOptions({ ...needed, delivery: false }).delivery).toBe(false);
  });

  it.each([[undefined], [null], ['options'], [[]]])('refuse %p in their place', (options) => {
    expect(() => resolveOptions(options as never)).toThrow(InvalidOptionsError);
  });

  it.each([[{}], [{ path: '' }], [{ path: 1 }], [undefined]])(
    'refuse %p for the storage’s path',
    (options) => {
      expect(() => new LmdbConversionStorage(options as never)).toThrow(
        '`storage.path` must be the path of a folder',
      );
    },
  );

  it('refuse a durability that is none', () => {
    expect(
      () => new LmdbConversionStorage({ path: 'x', durability: 'eventually' as never }),
    ).toThrow("`storage.durability` must be 'committed' or 'flushed'");
  });
});
