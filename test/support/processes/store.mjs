// A process of its own on an lmdb store, as an app would be one: it runs the built package. It does
// what it is told over IPC, and says what its provider was told.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { LmdbConversionStorage } from '../../../dist/esm/index.js';
import { systemClock } from '../../../dist/esm/delivery/clock.js';

/** `deadly`: a message whose report kills the process that delivers it. */
const [path, options = '{}'] = process.argv.slice(2);
const { deadly, rateLimit = false } = JSON.parse(options);
const storage = new LmdbConversionStorage({ path });

await storage.open({
  clock: systemClock,
  random: Math.random,
  logger: new Logger('test'),
  account: 'default',
  accountId: 'digest',
  superseded: 'CONVERTED_WITH_OTHERS',
  retention: 86_400_000,
  delivery: {
    concurrency: 10,
    rateLimit,
    timeout: 10_000,
    backoff: { initial: 1_000, max: 600_000 },
    maxAge: 259_200_000,
  },
  emit: () => {},
  lost: (why) => {
    throw why;
  },
  abandon: () => {},
  deliver: async ({ messageUuid }) => {
    if (messageUuid === deadly) process.kill(process.pid, 'SIGKILL');
    process.send({ delivered: messageUuid, at: Date.now() });
    return { kind: 'done' };
  },
});

const actions = {
  deliver: () => storage.deliver(),
  record: async (messageUuid) => {
    const verificationId = `of-${messageUuid}`;
    await storage.track({ verificationId, messageUuid, sentAt: new Date(), sentAtGiven: false });
    await storage.settle({ verificationId, status: 'CONVERTED', timestamp: new Date() });
  },
  // Until no report is pending: what was delivered is noted, and nobody delivers it again.
  flush: async () => {
    while ((await storage.counts()).pending > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
  },
  sent: async () => {
    const buckets = await storage.insights({ from: 0, to: Date.now() });
    return buckets.reduce((sum, { counters }) => sum + counters.sent, 0);
  },
  failed: async () =>
    (await storage.failed(10)).map(({ messageUuid, reason }) => [messageUuid, reason.message]),
  close: () => storage.close(),
};

process.on('message', async ({ action, argument }) => {
  const result = await actions[action](argument);
  process.send({ did: action, argument, result });
  if (action === 'close') process.disconnect();
});
process.send({ did: 'open' });
