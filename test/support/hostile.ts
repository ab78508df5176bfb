import fc from 'fast-check';

/** Half of a surrogate pair: no UTF-8 can carry it. */
export const HALF_A_PAIR = '\ud83d';

const throwing = () => {
  throw new Error('hostile: must reach nobody');
};

/** Objects that break whoever takes them for something else, fast-check included: made when used. */
const TRAPS = {
  'a Proxy at which nothing can be done': () =>
    new Proxy(
      {},
      Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, throwing])),
    ),
  'a revoked Proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'a Proxy of a Date': () => new Proxy(new Date(), {}),
  'an object without prototype': () => Object.create(null) as unknown,
  'a getter that throws': () =>
    Object.defineProperty({}, 'length', { enumerable: true, get: throwing }),
  'conversions that throw': () => ({ toString: throwing, valueOf: throwing, toJSON: throwing }),
  'a toPrimitive that throws': () => ({ [Symbol.toPrimitive]: throwing }),
  'a toStringTag that throws': () =>
    Object.defineProperty({}, Symbol.toStringTag, { get: throwing }),
  'a then that throws': () => ({ then: throwing }),
  'keys of the prototype': () =>
    JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}') as unknown,
  'a Date whose getTime lies': () => Object.assign(new Date(NaN), { getTime: () => 1 }),
  'an invalid Date': () => new Date(NaN),
  'the last Date': () => new Date(8.64e15),
  'a Date before 1970': () => new Date(-1),
  'a Map': () => new Map([['verificationId', 'v']]),
  'a Set': () => new Set(['v']),
  'a Promise': () => Promise.resolve('v'),
  bytes: () => new Uint8Array(10),
  'a boxed string': () => new String('boxed'),
  'a boxed number': () => new Number(1),
  'a RegExp': () => /v/,
  'a class': () => class Hostile {},
  'a function': () => throwing,
  'a Symbol': () => Symbol('hostile'),
  'a BigInt of a million digits': () => 10n ** 1_000_000n,
  'an array of a million': () => new Array<string>(1_000_000).fill('x'),
} satisfies Record<string, () => unknown>;

/** A value, or the name of a trap. */
export type Given = { readonly value: unknown } | { readonly trap: keyof typeof TRAPS };

/** The value that is meant. */
export function made(given: Given): unknown {
  return 'trap' in given ? TRAPS[given.trap]() : given.value;
}

const trap = (): fc.Arbitrary<Given> =>
  fc.constantFrom(...Object.keys(TRAPS)).map((name) => ({ trap: name as keyof typeof TRAPS }));

const value = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Given> =>
  arbitrary.map((given) => ({ value: given }));

/** Strings of every kind, well-formed or not. */
export const anyText = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\ud83d', '\ude00', '\u0000', '\r\n', '\u2028', 'é', '%') }),
    fc.constantFrom(
      '',
      ' ',
      '../../etc/passwd',
      '%2e%2e%2f',
      'a\r\nSet-Cookie: b',
      '\u001b[31m',
      '\u009b31m',
      '__proto__',
      'constructor',
      'toString',
      HALF_A_PAIR,
      '\u202e',
      'null',
      'NaN',
      '9'.repeat(1_000),
    ),
  );

/** Text that UTF-8 can carry, from `minLength` to `maxLength` characters. */
export const carriedText = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength, maxLength }),
      fc.string({
        unit: fc.constantFrom('\r', '\n', '\u0000', '\u2028', '/', '.', '"', '\\', '\u{1f600}'),
        minLength,
        maxLength,
      }),
      fc.constantFrom('__proto__', 'constructor', 'toString', '../../x', 'a\r\nb: c'),
    )
    .filter((text) => text.length >= minLength && text.length <= maxLength);

/** What is no text. */
export const noText = (): fc.Arbitrary<Given> =>
  fc.oneof(
    trap(),
    value(
      fc.constantFrom<unknown>(NaN, Infinity, -Infinity, -0, 0, 1.5, 2 ** 53, true, false, null),
    ),
    value(fc.bigInt()),
    value(fc.array(fc.string(), { maxLength: 3 })),
    value(fc.object({ maxDepth: 2 })),
  );

/** Anything at all. */
export const anything = (): fc.Arbitrary<Given> =>
  fc.oneof(
    noText(),
    value(anyText()),
    value(fc.anything({ withBigInt: true, withDate: true, withMap: true })),
  );

/** What no report may carry as its moment: no Date, or one before 1970 or after 9999. */
export const noMoment = (): fc.Arbitrary<Given> =>
  fc.oneof(
    noText(),
    value(anyText()),
    value(fc.date({ noInvalidDate: true, max: new Date(-1) })),
    value(fc.date({ noInvalidDate: true, min: new Date(Date.UTC(10_000, 0)) })),
  );

/** Ten megabytes. */
export const TEN_MEGABYTES = Buffer.alloc(10_000_000, 'x').toString('latin1');
