import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import fc from 'fast-check';
import { InvalidOptionsError } from '../../../lib/index.js';
import { placeOf, readOptions } from '../../../lib/storage/bullmq/bullmq-options.js';
import { BullMQConversionStorage } from '../../../lib/storage/bullmq/index.js';
import { type Given, anything, made } from '../../support/hostile.js';

const connection = { host: '127.0.0.1', port: 6379 };

const faultsOf = (options: unknown): InvalidOptionsError => {
  try {
    new BullMQConversionStorage(options as never);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    return error as InvalidOptionsError;
  }
  throw new Error('nothing was wrong');
};

describe('the options of BullMQConversionStorage', () => {
  const redis = (options: object = {}): Redis => new Redis({ lazyConnect: true, ...options });
  const cluster = (options: object = {}): Cluster =>
    new Cluster([connection], { lazyConnect: true, ...options });
  // One of BullMQ's own would connect.
  const queue = (options: object = {}): object => ({
    name: 'app',
    opts: { connection: redis(), ...options },
    addBulk: () => {},
  });

  it('need a connection alone', () => {
    expect(placeOf(readOptions({ connection }), 'default')).toEqual({
      connection,
      prefix: '{bull}',
      queueName: 'conversion-reports',
    });
  });

  it('give a named account a queue of its own', () => {
    expect(placeOf(readOptions({ connection }), 'eu').queueName).toBe('conversion-reports-eu');
  });

  it.each([
    ['its address', connection],
    ['a port as the environment gives it', { port: '6379' }],
    ['a URL', { url: 'rediss://user:hunter2@redis.example:6380/1' }],
    ['sentinels', { sentinels: [connection], name: 'main' }],
    ['nothing: this machine', {}],
  ])('accept %s for the connection', (_, given) => {
    expect(readOptions({ connection: given }).connection).toEqual(given);
  });

  it('accept a connection of ioredis, to a server or to a cluster', () => {
    for (const given of [redis(), cluster()]) {
      expect(placeOf(readOptions({ connection: given }), 'default').connection).toBe(given);
    }
  });

  it('take the place of the jobs from a queue', () => {
    const given = queue({ prefix: 'app' });
    expect(placeOf(readOptions({ queue: given }), 'eu')).toMatchObject({
      prefix: 'app',
      queueName: 'app',
    });
    expect(placeOf(readOptions({ queue: queue() }), 'eu').prefix).toBe('bull');
  });

  it.each([
    ['storage.connection', {}],
    ['storage.connection', { connection: 'redis://127.0.0.1' }],
    ['storage.connection', { connection: null }],
    ['storage.connection', { connection: [] }],
    ['storage.connection', { connection: { duplicate: () => {}, sendCommand: () => {} } }],
    ['storage.connection.host', { connection: { host: '' } }],
    ['storage.connection.host', { connection: { host: 5 } }],
    ['storage.connection.port', { connection: { port: 0 } }],
    ['storage.connection.port', { connection: { port: 65_536 } }],
    ['storage.connection.port', { connection: { port: NaN } }],
    ['storage.connection.port', { connection: { port: '6379a' } }],
    ['storage.connection.url', { connection: { url: 5 } }],
    ['storage.connection.keyPrefix', { connection: { keyPrefix: 'app:' } }],
    ['storage.queue', { connection, queue: {} }],
    ['storage.queue', { queue: {} }],
    ['storage.queue', { queue: 'conversion-reports' }],
    ['storage.prefix', { connection, prefix: '' }],
    ['storage.prefix', { connection, prefix: 'a:b' }],
    ['storage.prefix', { connection, prefix: 1 }],
    ['storage.queueName', { connection, queueName: '' }],
    ['storage.queueName', { connection, queueName: 'a:b' }],
    ['storage.queueName', { connection, queueName: null }],
    ['storage.whenAway', { connection, whenAway: 'never' }],
    ['storage.whenAway', { connection, whenAway: null }],
    ['storage.host', { connection, host: '127.0.0.1' }],
    ['storage.constructor', { connection, constructor: 1 }],
  ])('refuse a wrong %s: %p', (field, wrong) => {
    const { faults, message } = faultsOf(wrong);
    expect(faults.map((fault) => fault.field)).toContain(field);
    expect(message).toContain(`\`${field}\``);
  });

  it('refuse a prefix or a name beside a queue, which has its own', () => {
    const { faults } = faultsOf({ queue: queue(), prefix: 'a', queueName: 'b' });
    expect(faults.map(({ field }) => field)).toEqual(['storage.prefix', 'storage.queueName']);
  });

  it('refuse a connection with a keyPrefix, and say what does it', () => {
    const withPrefix = [
      redis({ keyPrefix: 'app:' }),
      cluster({ keyPrefix: 'app:' }),
      cluster({ redisOptions: { keyPrefix: 'app:' } }),
    ];
    for (const given of withPrefix) {
      expect(faultsOf({ connection: given }).message).toBe(
        "1 option is invalid: `storage.connection` must have no keyPrefix, which BullMQ can't do: set `storage.prefix` instead.",
      );
    }
  });

  it.each(['app', 'app{', '{}', '{}app{x}', '}a{'])(
    'refuse the prefix %p on a cluster, where it keeps the keys in no slot',
    (prefix) => {
      expect(faultsOf({ connection: cluster(), prefix }).faults).toEqual([
        {
          field: 'storage.prefix',
          message:
            '`storage.prefix` must have a part in braces on a Redis cluster, {bull} say: it keeps all keys in one slot',
        },
      ]);
    },
  );

  it('accept a prefix with a part in braces on a cluster, and none', () => {
    expect(readOptions({ connection: cluster(), prefix: 'app-{otp}' }).prefix).toBe('app-{otp}');
    expect(readOptions({ connection: cluster() }).prefix).toBeUndefined();
  });

  it('refuse a queue on a cluster whose prefix has no braces', () => {
    const onCluster = queue({ connection: cluster(), prefix: 'app' });
    expect(faultsOf({ queue: onCluster }).faults).toMatchObject([{ field: 'storage.queue' }]);
  });

  it('list all faults in one error', () => {
    const wrong = { connection: { host: 5, port: -1 }, queueName: '', whenAway: 'soon' };
    expect(faultsOf(wrong).message).toBe(
      "4 options are invalid: `storage.connection.host` must be a name or an address; `storage.connection.port` must be a port from 1 to 65535; `storage.queueName` must be a text without colons; `storage.whenAway` must be 'start', 'wait' or 'fail'.",
    );
  });

  it('show nothing of a connection, whatever is wrong with it', () => {
    const secret = 'hunter2';
    const wrong = [
      { connection: `redis://:${secret}@127.0.0.1` },
      { connection: { url: [`redis://:${secret}@127.0.0.1`], password: secret } },
      { connection: { host: { password: secret }, port: secret } },
      { connection: redis({ keyPrefix: secret, password: secret }) },
      { connection: { password: secret }, queue: { password: secret }, prefix: `${secret}:` },
    ];
    for (const options of wrong) expect(faultsOf(options).message).not.toContain(secret);
  });

  it.each([undefined, null, 'redis://127.0.0.1', [], 5])('refuse %p in their place', (options) => {
    expect(faultsOf(options).faults).toMatchObject([{ field: 'storage' }]);
  });

  it('are what they were when they were checked', () => {
    const given = { host: '127.0.0.1' };
    const options = readOptions({ connection: given });
    given.host = 'elsewhere.example';
    expect(options.connection).toEqual({ host: '127.0.0.1' });
  });

  it('are all in the table of docs/storage.md', () => {
    const { message } = faultsOf({ connection, unknown: 1 });
    const known = /there are (.*)\.$/.exec(message)![1].split(', ');
    const [, section] = readFileSync('docs/storage.md', 'utf8').split(/^## .*BullMQ.*$|^## Write/m);
    const rows = section.matchAll(/^\| `(\w+)`\s+\|/gm);
    const documented = [...rows].map(([, name]) => name);
    expect(documented).toEqual(known);
  });

  it('may be anything at all: they are accepted or refused, and nothing else happens', () => {
    const fields = ['connection', 'queue', 'prefix', 'queueName', 'whenAway', 'toString'];
    const inner = fc.constantFrom(
      'host',
      'port',
      'url',
      'keyPrefix',
      'duplicate',
      'defineCommand',
      'connection',
      'prefix',
    );
    const all = (names: fc.Arbitrary<string>) => fc.dictionary(names, anything());
    const valuesOf = (given: Record<string, Given>): object =>
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, made(value)]));
    const hostile = fc.oneof(
      anything().map((given) => () => made(given)),
      all(fc.constantFrom(...fields)).map((given) => () => valuesOf(given)),
      all(inner).map((given) => () => ({ connection: valuesOf(given) })),
      all(inner).map((given) => () => ({ queue: { ...queue(), opts: valuesOf(given) } })),
    );
    fc.assert(
      fc.property(hostile, (make) => {
        const options = make();
        try {
          readOptions(options);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionsError);
          expect((error as Error).message).not.toContain('hostile');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
