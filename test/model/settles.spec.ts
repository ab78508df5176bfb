import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionReport,
  ConversionStatus,
  ConversionStorage,
  LmdbConversionStorage,
  MemoryConversionStorage,
} from '../../lib/index.js';
import { BullMQConversionStorage } from '../../lib/storage/bullmq/index.js';
import { ModelProcess, StorePlace } from '../support/model-process.js';
import { Redis, startRedis } from '../support/redis.js';
import { HOUR, newUuid, settings, storageHost } from '../support/storage-host.js';
import { tempFolder } from '../support/temp-folder.js';
import { LONGEST, runs } from './size.js';

const CALLERS = 64;

const outcomeOf = (verificationId: string) => ({
  verificationId,
  status: ConversionStatus.CONVERTED,
  timestamp: new Date(),
});

const messageOf = (verificationId: string) => ({
  verificationId,
  messageUuid: newUuid(),
  sentAt: new Date(),
  sentAtGiven: false,
});

const uuids = (reports: readonly ConversionReport[]) =>
  reports.map(({ messageUuid }) => messageUuid).sort();

describe(`${CALLERS} settles of one verification at once`, () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  beforeEach(async () => {
    folder = await tempFolder();
  });

  afterEach(() => folder.remove());

  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  }, 120_000);

  afterAll(() => redis.stop());

  const inProcess: Record<string, (path: string) => ConversionStorage> = {
    memory: () => new MemoryConversionStorage(),
    lmdb: (path) => new LmdbConversionStorage({ path }),
    bullmq: () => new BullMQConversionStorage({ connection: { port: redis.port } }),
  };
  const times = runs(1_000, 200);

  it.each(Object.keys(inProcess))(
    `report each message once, ${times} times over %s`,
    async (name) => {
      const { host, events, provider } = storageHost();
      const storage = inProcess[name](folder.path);
      await storage.open(host);
      storage.deliver();
      const messages: string[] = [];
      for (let i = 0; i < times; i += 1) {
        const mine = [messageOf(`v${i}`), messageOf(`v${i}`)];
        for (const message of mine) await storage.track(message);
        const outcome = outcomeOf(`v${i}`);
        const settlements = await Promise.all(
          Array.from({ length: CALLERS }, () => storage.settle(outcome)),
        );
        const expected = mine.map(({ messageUuid }) => messageUuid).sort();
        expect(uuids(settlements.flatMap(({ reports }) => reports))).toEqual(expected);
        messages.push(...expected);
      }
      await events.until('delivered', messages.length);
      await storage.close();
      expect(uuids(provider.received)).toEqual(messages.sort());
    },
    LONGEST,
  );

  const shared = [
    {
      place: 'lmdb store',
      processes: 4,
      rounds: runs(1_000, 50),
      store: (): StorePlace => ({ path: folder.path }),
    },
    {
      place: 'Redis',
      processes: 2,
      rounds: runs(10_000, 500),
      store: (): StorePlace => ({ redis: redis.port, queueName: 'settles' }),
    },
  ];

  it.each(shared)(
    'report each message once, $rounds times over $processes processes on one $place',
    async ({ processes: count, rounds, store }) => {
      const received: ConversionReport[] = [];
      let noted = 0;
      const surroundings = {
        deliver: async (report: ConversionReport) => {
          received.push(report);
          return { kind: 'done' } as const;
        },
        happened: ({ type }: { type: string }) => {
          if (type === 'delivered') noted += 1;
        },
      };
      const setUp = {
        store: store(),
        superseded: ConversionStatus.CONVERTED_WITH_OTHERS,
        retention: 24 * HOUR,
        delivery: settings,
      };
      const moment = () => ({ now: Date.now(), machineAhead: 0 });
      const processes: ModelProcess[] = [];
      try {
        for (let i = 0; i < count; i += 1) {
          processes.push(await ModelProcess.start());
          await processes[i].open(setUp, moment(), surroundings);
        }
        const messages: string[] = [];
        for (let i = 0; i < rounds; i += 1) {
          const message = messageOf(`v${i}`);
          await processes[i % count].track(message);
          const outcome = outcomeOf(`v${i}`);
          const settlements = await Promise.all(
            processes.map((each) => each.settleAtOnce(outcome, CALLERS / count)),
          );
          const reports = settlements.flat().flatMap((settlement) => settlement.reports);
          expect(uuids(reports)).toEqual([message.messageUuid]);
          messages.push(message.messageUuid);
        }
        while (noted < messages.length)
          await Promise.all(processes.map((each) => each.jump(moment())));
        for (const each of processes) await each.close();
        expect(uuids(received)).toEqual(messages.sort());
      } finally {
        for (const each of processes) await each.kill();
      }
    },
    LONGEST,
  );
});
