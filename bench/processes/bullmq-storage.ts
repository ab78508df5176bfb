import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type ConversionStorageHost, ConversionStatus } from 'nestjs-conversion-feedback';
import { BullMQConversionStorage } from 'nestjs-conversion-feedback/bullmq';
import { byCallers } from './callers.js';
import { begin, serve } from './serve.js';
import { between, type Cost, type Usage, usage } from './vitals.js';

/** The storage alone, whose deliveries do nothing: what it costs beside those. */
const { port } = begin<{ port: number }>();
const storage = new BullMQConversionStorage({ connection: { host: '127.0.0.1', port } });
let delivered = (): void => {};
const host: ConversionStorageHost = {
  clock: {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms).unref();
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
  logger: new Logger('benchmark'),
  account: 'default',
  accountId: 'benchmark',
  superseded: ConversionStatus.CONVERTED_WITH_OTHERS,
  retention: 86_400_000,
  delivery: {
    concurrency: 10,
    rateLimit: false,
    timeout: 10_000,
    backoff: { initial: 1_000, max: 600_000 },
    maxAge: 259_200_000,
  },
  deliver: async () => ({ kind: 'done' }),
  abandon: () => {},
  emit: ({ type }) => {
    if (type === 'delivered') delivered();
  },
  closing: new AbortController().signal,
  lost: (why) => {
    throw why;
  },
};
await storage.open(host);

const commands = {
  /** Records so many reports, each of a verification of its own. */
  async record(count: number, callers: number): Promise<void> {
    await byCallers(callers, count, async () => {
      const verificationId = randomUUID();
      const sentAt = new Date();
      const message = { messageUuid: randomUUID(), verificationId, sentAt, sentAtGiven: false };
      await storage.track(message);
      const status = ConversionStatus.CONVERTED;
      await storage.settle({ verificationId, status, timestamp: new Date() });
    });
  },
  /** Delivers from now on; resolves with what so many deliveries cost, after those of warming up. */
  deliver: (warmUp: number, count: number) =>
    new Promise<Cost>((resolve) => {
      let made = 0;
      let before: Usage | undefined;
      delivered = () => {
        made += 1;
        if (made === warmUp) before = usage();
        if (made === warmUp + count) resolve(between(before!, usage()));
      };
      storage.deliver();
    }),
};

export type BullMQStorage = typeof commands;
serve(commands);
