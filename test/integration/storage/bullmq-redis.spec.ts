import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { ConversionStatus, InvalidOptionsError, StorageError } from '../../../lib/index.js';
import {
  BullMQConversionStorage,
  BullMQConversionStorageOptions,
} from '../../../lib/storage/bullmq/index.js';
import { freePort } from '../../support/free-port.js';
import { LogLines } from '../../support/log-lines.js';
import { Redis, startRedis } from '../../support/redis.js';
import { newUuid, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const report = () => ({
  messageUuid: newUuid(),
  status: ConversionStatus.CONVERTED,
  timestamp: new Date(),
});

describe('BullMQConversionStorage and its Redis', () => {
  let redis: Redis | undefined;
  let log: LogLines;
  let context: ReturnType<typeof storageHost>;
  const storages: BullMQConversionStorage[] = [];
  const clients: Client[] = [];

  const open = async (
    options: BullMQConversionStorageOptions,
  ): Promise<BullMQConversionStorage> => {
    const storage = new BullMQConversionStorage(options);
    storages.push(storage);
    await storage.open(context.host);
    return storage;
  };

  const client = (port: number): Client => {
    const made = new Client({ port, host: '127.0.0.1' });
    made.on('error', () => {});
    clients.push(made);
    return made;
  };

  const here = () => ({ host: '127.0.0.1', port: redis!.port });

  const errorOf = async (promise: Promise<unknown>): Promise<Error> => {
    const outcome = await promise.then(
      () => undefined,
      (error: Error) => error,
    );
    expect(outcome).toBeInstanceOf(Error);
    return outcome!;
  };

  beforeEach(() => {
    log = new LogLines();
    context = storageHost({ logger: log });
  });

  afterEach(async () => {
    await Promise.all(storages.splice(0).map((storage) => storage.close()));
    for (const one of clients.splice(0)) one.disconnect();
    await redis?.stop();
    redis = undefined;
  });

  describe('a connection that the app gives', () => {
    it('is neither used nor closed', async () => {
      redis = await startRedis();
      const given = client(redis.port);
      const id = await given.client('ID');
      const before = await given.client('INFO');
      const storage = await open({ connection: given });
      storage.deliver();
      await storage.enqueue(report());
      await context.events.until('delivered');
      const after = await given.client('INFO');
      const commands = (info: unknown) => /tot-cmds=\d+/.exec(String(info))?.[0];
      expect(commands(after)).toBe(commands(before));

      await storage.close();
      expect(given.status).toBe('ready');
      expect(await given.client('ID')).toBe(id);
      expect(
        String(await given.client('LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(1);
    });
  });

  describe('a Redis that is away at boot', () => {
    it('is said with its place and the reason, to be tried again', async () => {
      const port = await freePort();
      const error = await errorOf(open({ connection: { host: '127.0.0.1', port } }));
      expect(error).toBeInstanceOf(StorageError);
      expect(error.message).toBe(
        `Redis can't be reached at 127.0.0.1:${port} (connect ECONNREFUSED 127.0.0.1:${port})`,
      );
    });

    it('is waited for with `wait`, and that is said once', async () => {
      const port = await freePort();
      const opening = open({ connection: { host: '127.0.0.1', port }, whenAway: 'wait' });
      await until(async () => log.lines.length > 0);
      redis = await startRedis({ port });
      await opening;
      expect(log.lines).toEqual([
        expect.stringMatching(/^warn Redis can't be reached .*: the boot waits for it$/),
      ]);
    });

    it('is waited for until the app closes', async () => {
      const ending = new AbortController();
      context = storageHost({ logger: log, closing: ending.signal });
      const connection = { host: '127.0.0.1', port: await freePort() };
      const opening = errorOf(open({ connection, whenAway: 'wait' }));
      await until(async () => log.lines.length > 0);
      ending.abort();
      expect(await opening).toBeInstanceOf(StorageError);
    });

    it('stops the boot with `fail`', async () => {
      const connection = { host: '127.0.0.1', port: await freePort() };
      const error = await errorOf(open({ connection, whenAway: 'fail' }));
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error.message).toMatch(
        /`storage.connection` must be a Redis that answers, or `storage.whenAway` 'start' or 'wait': .*ECONNREFUSED/,
      );
    });

    it('is given up where it hangs, and once the app closes at once', async () => {
      redis = await startRedis();
      redis.freeze();
      expect((await errorOf(open({ connection: here() }))).message).toMatch(
        /no answer within 3000 ms/,
      );

      const ending = new AbortController();
      context = storageHost({ logger: log, closing: ending.signal });
      const opening = errorOf(open({ connection: here() }));
      ending.abort();
      expect((await opening).message).toMatch(/can't be reached/);
    });
  });

  it('tells of a refused password without telling the password', async () => {
    redis = await startRedis({ requirepass: 'right-one' });
    const urls = [
      `redis://:hunter2@127.0.0.1:${redis.port}`,
      `redis://otp:hunter2@127.0.0.1:${redis.port}`,
    ];
    const connections = [{ ...here(), password: 'hunter2' }, ...urls.map((url) => ({ url }))];
    for (const connection of connections) {
      const error = await errorOf(open({ connection }));
      expect(error.message).toMatch(
        new RegExp(`can't be reached at 127.0.0.1:${redis.port} \\(WRONGPASS`),
      );
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
    }
    await open({ connection: { url: `redis://:right-one@127.0.0.1:${redis.port}` } });
    expect(inspect(log.lines)).not.toMatch(/hunter2|right-one/);
  });

  describe('a Redis that goes away later', () => {
    it.each([
      ['it is killed', 'kill', 'start'],
      ['it hangs', 'freeze', 'thaw'],
    ] as const)('is said once, and its return: %s', async (_, goes, comes) => {
      redis = await startRedis();
      const storage = await open({ connection: here() });
      storage.deliver();
      await redis[goes]();
      const error = await errorOf(storage.enqueue(report()));
      expect(error).toBeInstanceOf(StorageError);
      await until(async () => log.matching(/^error/).length > 0);
      await redis[comes]();
      await until(async () => log.matching(/^log/).length > 0);

      await storage.enqueue(report());
      await context.events.until('delivered');
      expect(log.lines).toEqual([
        expect.stringMatching(
          /^error Redis is away.*: what is recorded in it is delivered once it is back$/,
        ),
        'log Redis is back',
      ]);
    });

    it('keeps nothing of a command in the error: no uuid, no digest', async () => {
      redis = await startRedis();
      const storage = await open({ connection: here() });
      const mine = report();
      redis.freeze();
      const error = errorOf(storage.enqueue(mine));
      await redis.kill();
      expect(inspect(await error, { depth: 10, showHidden: true })).not.toContain(mine.messageUuid);
    });
  });

  describe('its settings', () => {
    const warnings = async (settings: Record<string, string>): Promise<string[]> => {
      redis = await startRedis(settings);
      await open({ connection: here() });
      return log.lines;
    };

    it('are left uncommented where they keep what is recorded', async () => {
      expect(await warnings({})).toEqual([]);
    });

    it('are warned of where a full memory throws conversions away', async () => {
      expect(await warnings({ 'maxmemory-policy': 'allkeys-lru' })).toEqual([
        'warn Redis may lose conversions: it throws conversions away once its memory is full (maxmemory-policy allkeys-lru): set maxmemory-policy noeviction',
      ]);
    });

    it('are warned of where the end of Redis forgets conversions', async () => {
      expect(await warnings({ appendonly: 'no' })).toEqual([
        'warn Redis may lose conversions: it forgets what was recorded since its last snapshot when it ends (no append-only file): set appendonly yes',
      ]);
    });

    it('are warned of in one line where both do', async () => {
      const lines = await warnings({ appendonly: 'no', 'maxmemory-policy': 'volatile-ttl' });
      expect(lines).toEqual([expect.stringMatching(/^warn .*volatile-ttl.*; and it forgets/)]);
    });
  });
});
