import { ConversionStatus, LmdbConversionStorage } from '../../lib/index.js';
import { Clock, systemClock } from '../../lib/delivery/clock.js';
import { DeliveryAnswer } from '../../lib/delivery/answer.js';
import { accountIdOf } from '../../lib/conversion-feedback.account.js';
import { settings, storageHost } from './storage-host.js';
import { SimulatedVerification } from './traffic.js';

const HOUR = 3_600_000;

/** A message of the past: what a test counts by itself. */
export interface RecordedMessage extends SimulatedVerification {
  readonly messageUuid: string;
  readonly verificationId: string;
}

/** Names a simulated verification's message. */
export function messageOf(verification: SimulatedVerification, index: number): RecordedMessage {
  const number = index.toString(16).padStart(12, '0');
  return {
    ...verification,
    messageUuid: `db3ce55a-7f1d-11e1-8ea7-${number}`,
    verificationId: `verification-${number}`,
  };
}

/**
 * Records messages of the past in a store, as if the app had run then, and delivers their reports.
 * @param authId whose messages they are
 * @param answer what the provider says to a message's report; default: it takes it
 */
export async function recordTraffic(
  path: string,
  authId: string,
  messages: readonly RecordedMessage[],
  answer: (messageUuid: string) => DeliveryAnswer = () => ({ kind: 'done' }),
): Promise<void> {
  const clock = new PlaybackClock();
  const storage = new LmdbConversionStorage({ path });
  const { host } = storageHost({
    clock,
    accountId: accountIdOf(authId),
    delivery: { ...settings, concurrency: 1_000 },
    deliver: async ({ messageUuid }) => answer(messageUuid),
  });
  await storage.open(host);
  storage.deliver();
  for (const hour of hoursOf(messages)) {
    clock.moment = Math.min(hour[0].sentAt - (hour[0].sentAt % HOUR) + HOUR, Date.now());
    await Promise.all(
      hour.map(({ messageUuid, verificationId, sentAt, country }) =>
        storage.track({
          messageUuid,
          verificationId,
          sentAt: new Date(sentAt),
          sentAtGiven: true,
          country: country || undefined,
        }),
      ),
    );
    await Promise.all(
      hour.map(async ({ verificationId, convertedAt }) => {
        if (convertedAt === undefined) return;
        const { CONVERTED } = ConversionStatus;
        const timestamp = new Date(convertedAt);
        await storage.settle({ verificationId, status: CONVERTED, timestamp });
      }),
    );
  }
  while ((await storage.counts()).pending > 0)
    await new Promise((resolve) => setImmediate(resolve));
  await storage.close();
}

function hoursOf(messages: readonly RecordedMessage[]): RecordedMessage[][] {
  const hours = new Map<number, RecordedMessage[]>();
  for (const message of messages) {
    const hour = Math.floor(message.sentAt / HOUR);
    const group = hours.get(hour);
    if (group) group.push(message);
    else hours.set(hour, [message]);
  }
  return [...hours].sort(([one], [other]) => one - other).map(([, group]) => group);
}

/** A clock that shows the moment that is played back; its timers are real. */
class PlaybackClock implements Clock {
  moment = 0;

  now(): number {
    return this.moment;
  }

  elapsed(): number {
    return systemClock.elapsed();
  }

  after(ms: number, callback: () => void): () => void {
    return systemClock.after(ms, callback);
  }
}
