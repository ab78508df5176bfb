import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConversionStatus,
  ConversionStorage,
  ConversionStorageHost,
  DeliveryAnswer,
  TrackedMessage,
} from '../../../lib/index.js';
import { HOUR, newUuid, settings, storageHost } from '../../support/storage-host.js';
import { until } from '../../support/until.js';

const { CONVERTED, NOT_CONVERTED, CONVERTED_WITH_OTHERS } = ConversionStatus;

/** How the contract gets at a storage. */
export interface StorageUnderTest {
  /** A new storage over the same data as before, if it has any. */
  make(): ConversionStorage;
  /** Throws the data away. */
  discard(): Promise<void>;
}

const notNow = {
  kind: 'not-now',
  reason: { status: 503, message: 'server error' },
} satisfies DeliveryAnswer;
const rejected = {
  kind: 'rejected',
  reason: { status: 404, message: 'not found', apiId: 'api-1' },
} satisfies DeliveryAnswer;
const refused = {
  kind: 'refused',
  reason: { status: 401, message: 'authentication failed' },
  maybeOne: false,
} satisfies DeliveryAnswer;

/** What every storage promises. The names of the cases are the rules. */
export function describeConversionStorage(
  name: string,
  prepare: () => Promise<StorageUnderTest>,
): void {
  describe(`${name} keeps the storage contract`, () => {
    let underTest: StorageUnderTest;
    let storage: ConversionStorage;
    let context: ReturnType<typeof storageHost>;

    const open = async (options: Partial<ConversionStorageHost> = {}): Promise<void> => {
      context = storageHost(options);
      storage = underTest.make();
      await storage.open(context.host);
    };

    const track = async (
      verificationId: string,
      more: Partial<TrackedMessage> = {},
    ): Promise<string> => {
      const messageUuid = more.messageUuid ?? newUuid();
      const sentAt = more.sentAt ?? new Date(context.clock.now());
      await storage.track({
        verificationId,
        sentAtGiven: more.sentAt !== undefined,
        ...more,
        messageUuid,
        sentAt,
      });
      return messageUuid;
    };

    const settle = (verificationId: string, status = CONVERTED, messageUuid?: string) =>
      storage.settle({
        verificationId,
        status,
        timestamp: new Date(context.clock.now()),
        messageUuid,
      });

    const statuses = (reports: { messageUuid: string; status: ConversionStatus }[]) =>
      Object.fromEntries(reports.map(({ messageUuid, status }) => [messageUuid, status]));

    beforeEach(async () => {
      underTest = await prepare();
      await open();
    });

    afterEach(async () => {
      await storage.close();
      await underTest.discard();
    });

    describe('settling', () => {
      it('reports the message of a verification CONVERTED, at the moment of success', async () => {
        const message = await track('login-1');
        const timestamp = new Date('2026-05-01T10:00:00.123Z');
        const { reports } = await storage.settle({
          verificationId: 'login-1',
          status: CONVERTED,
          timestamp,
        });
        expect(reports).toEqual([{ messageUuid: message, status: CONVERTED, timestamp }]);
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
      });

      it('reports the newest message CONVERTED and the older ones CONVERTED_WITH_OTHERS', async () => {
        const [first, second, third] = [await track('v'), await track('v'), await track('v')];
        const { reports } = await settle('v');
        expect(statuses(reports)).toEqual({
          [first]: CONVERTED_WITH_OTHERS,
          [second]: CONVERTED_WITH_OTHERS,
          [third]: CONVERTED,
        });
      });

      it('reports superseded messages NOT_CONVERTED where the app says so', async () => {
        await storage.close();
        await open({ superseded: NOT_CONVERTED });
        const [older, newer] = [await track('v'), await track('v')];
        expect(statuses((await settle('v')).reports)).toEqual({
          [older]: NOT_CONVERTED,
          [newer]: CONVERTED,
        });
      });

      it('says nothing of superseded messages where the app says so', async () => {
        await storage.close();
        await open({ superseded: false });
        await track('v');
        const newer = await track('v');
        expect(statuses((await settle('v')).reports)).toEqual({ [newer]: CONVERTED });
        expect(await storage.counts()).toEqual({ open: 1, pending: 1, failed: 0 });
      });

      it('reports the named message CONVERTED and the others as superseded', async () => {
        const [older, newer] = [await track('v'), await track('v')];
        expect(statuses((await settle('v', CONVERTED, older)).reports)).toEqual({
          [older]: CONVERTED,
          [newer]: CONVERTED_WITH_OTHERS,
        });
      });

      it('settles nothing for a named message of another verification', async () => {
        await track('v');
        const foreign = await track('w');
        const { reports, unmatched } = await settle('v', CONVERTED, foreign);
        expect(reports).toEqual([]);
        expect(unmatched).toBe('the message named is none of this verification');
        expect(await storage.counts()).toEqual({ open: 2, pending: 0, failed: 0 });
      });

      it('reports all messages CONVERTED_WITH_OTHERS where other means verified the user', async () => {
        const [first, second] = [await track('v'), await track('v')];
        expect(statuses((await settle('v', CONVERTED_WITH_OTHERS)).reports)).toEqual({
          [first]: CONVERTED_WITH_OTHERS,
          [second]: CONVERTED_WITH_OTHERS,
        });
      });

      it('settles nothing for a verification it does not know, and says why', async () => {
        const { reports, unmatched } = await settle('unheard-of');
        expect(reports).toEqual([]);
        expect(unmatched).toBe('no message of this verification is tracked, or no longer');
      });

      it('reports once when a verification is settled twice', async () => {
        await track('v');
        expect((await settle('v')).reports).toHaveLength(1);
        expect(await settle('v')).toEqual({ reports: [] });
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
      });

      it('reports once when 64 requests settle the same verification at once', async () => {
        await track('v');
        const all = await Promise.all(Array.from({ length: 64 }, () => settle('v')));
        expect(all.flatMap(({ reports }) => reports)).toHaveLength(1);
      });

      it('leaves other verifications alone', async () => {
        const [mine] = [await track('v'), await track('w')];
        expect(statuses((await settle('v')).reports)).toEqual({ [mine]: CONVERTED });
        expect(await storage.counts()).toEqual({ open: 1, pending: 1, failed: 0 });
      });

      it('settles again what was sent since the last success', async () => {
        const first = await track('phone');
        await settle('phone');
        const second = await track('phone');
        expect(statuses((await settle('phone')).reports)).toEqual({ [second]: CONVERTED });
        expect(first).not.toBe(second);
      });

      it('reports CONVERTED after NOT_CONVERTED was reported: success came late', async () => {
        const message = await track('v');
        await settle('v', NOT_CONVERTED);
        expect(statuses((await settle('v')).reports)).toEqual({ [message]: CONVERTED });
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
      });

      it('takes no success back', async () => {
        await track('v');
        await settle('v');
        expect((await settle('v', NOT_CONVERTED)).reports).toEqual([]);
        expect((await settle('v', CONVERTED_WITH_OTHERS)).reports).toEqual([]);
      });
    });

    describe('tracking', () => {
      it('counts a message that is tracked twice once', async () => {
        const message = await track('v');
        await track('v', { messageUuid: message });
        expect(await storage.counts()).toEqual({ open: 1, pending: 0, failed: 0 });
        expect((await settle('v')).reports).toHaveLength(1);
      });

      it('leaves a message with its first verification', async () => {
        const messageUuid = await track('v');
        const sentAt = new Date();
        expect(
          await storage.track({ verificationId: 'w', messageUuid, sentAt, sentAtGiven: false }),
        ).toBe(false);
        expect((await settle('w')).reports).toEqual([]);
        expect(statuses((await settle('v')).reports)).toEqual({ [messageUuid]: CONVERTED });
      });

      it('gives a message that is tracked late the place of its sending', async () => {
        const newer = await track('v');
        const older = await track('v', { sentAt: new Date(context.clock.now() - HOUR) });
        expect(statuses((await settle('v')).reports)).toEqual({
          [older]: CONVERTED_WITH_OTHERS,
          [newer]: CONVERTED,
        });
      });

      it('holds the message sent last to be the newest, also after the clock was set back', async () => {
        const before = await track('v');
        context.clock.shift(-HOUR);
        const after = await track('v');
        expect(statuses((await settle('v')).reports)).toEqual({
          [before]: CONVERTED_WITH_OTHERS,
          [after]: CONVERTED,
        });
      });

      it('forgets a message after its retention', async () => {
        await track('v');
        storage.deliver();
        context.clock.shift(24 * HOUR + 1);
        expect(await settle('v')).toMatchObject({
          reports: [],
          unmatched: expect.stringContaining('no longer'),
        });
        await until(async () => (await storage.counts()).open === 0);
      });

      it('keeps ids, whatever characters are in them', async () => {
        for (const id of [
          '__proto__',
          '../../etc/passwd',
          'a\r\nb\u0000c',
          '+14155550123',
          '😀'.repeat(256),
        ]) {
          const message = await track(id);
          expect(statuses((await settle(id)).reports)).toEqual({ [message]: CONVERTED });
        }
      });
    });

    describe('expiry', () => {
      beforeEach(async () => {
        await storage.close();
        await open({ expireAfter: HOUR });
      });

      it('reports a message without outcome NOT_CONVERTED, at the moment it expired', async () => {
        const sentAt = new Date(context.clock.now());
        const message = await track('v', { sentAt });
        storage.deliver();
        context.clock.shift(5 * HOUR);
        await context.events.until('delivered');
        expect(context.provider.received).toEqual([
          { ...context.provider.received[0], messageUuid: message, status: NOT_CONVERTED },
        ]);
        expect(context.provider.received[0].timestamp).toEqual(new Date(sentAt.getTime() + HOUR));
        expect(context.events.of('expired')).toHaveLength(1);
      });

      it('reports a message in time that was tracked after a look at later deadlines', async () => {
        storage.deliver();
        await storage.enqueue({
          messageUuid: newUuid(),
          status: CONVERTED,
          timestamp: new Date(context.clock.now()),
        });
        await context.events.until('delivered');
        await track('v');
        context.clock.shift(HOUR + 1);
        await context.events.until('expired');
      });

      it('reports a success CONVERTED that comes after the expiry', async () => {
        const message = await track('v');
        storage.deliver();
        context.clock.shift(HOUR + 1);
        await context.events.until('delivered');
        expect(statuses((await settle('v')).reports)).toEqual({ [message]: CONVERTED });
        await context.events.until('delivered', 2);
        expect(context.provider.received.map(({ status }) => status)).toEqual([
          NOT_CONVERTED,
          CONVERTED,
        ]);
      });

      it('reports a success alone that comes before anybody noticed the expiry', async () => {
        await track('v');
        context.clock.shift(2 * HOUR);
        await settle('v');
        storage.deliver();
        await context.events.until('delivered');
        context.clock.shift(10 * HOUR);
        await track('w');
        await settle('w');
        await context.events.until('delivered', 2);
        expect(context.provider.received.map(({ status }) => status)).toEqual([
          CONVERTED,
          CONVERTED,
        ]);
      });

      it('lets a settled message expire no more', async () => {
        await track('v');
        await settle('v');
        storage.deliver();
        context.clock.shift(2 * HOUR);
        await context.events.until('delivered');
        await until(async () => (await storage.counts()).pending === 0);
        expect(context.events.of('expired')).toEqual([]);
      });
    });

    describe('reports by message_uuid', () => {
      const enqueue = (messageUuid: string, status: ConversionStatus) =>
        storage.enqueue({ messageUuid, status, timestamp: new Date(context.clock.now()) });

      it('records a report of a message that was never tracked', async () => {
        const message = newUuid();
        expect(await enqueue(message, CONVERTED)).toMatchObject({ recorded: true });
        storage.deliver();
        await context.events.until('delivered');
        expect(statuses(context.provider.received)).toEqual({ [message]: CONVERTED });
      });

      it('lets a newer status take the place of an undelivered one', async () => {
        const message = newUuid();
        await enqueue(message, NOT_CONVERTED);
        await enqueue(message, CONVERTED_WITH_OTHERS);
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
        storage.deliver();
        await context.events.until('delivered');
        expect(context.provider.received.map(({ status }) => status)).toEqual([
          CONVERTED_WITH_OTHERS,
        ]);
      });

      it('lets nothing take the place of CONVERTED, and returns the report that stands', async () => {
        const message = newUuid();
        const first = await enqueue(message, CONVERTED);
        context.clock.shift(1_000);
        expect(await enqueue(message, NOT_CONVERTED)).toEqual({
          recorded: false,
          report: first.report,
        });
      });

      it('records the same status once', async () => {
        const message = newUuid();
        await enqueue(message, NOT_CONVERTED);
        expect(await enqueue(message, NOT_CONVERTED)).toMatchObject({ recorded: false });
      });

      it('knows the message of a verification by its uuid', async () => {
        const message = await track('v');
        await enqueue(message, CONVERTED);
        expect((await settle('v')).reports).toEqual([]);
      });

      it('takes the time of sending from tracking, where a message was reported first', async () => {
        const messageUuid = newUuid();
        await enqueue(messageUuid, NOT_CONVERTED);
        const now = context.clock.now();
        await track('v', { messageUuid, sentAt: new Date(now - 2 * HOUR) });
        const newer = await track('v', { sentAt: new Date(now - HOUR) });
        expect(statuses((await settle('v')).reports)).toEqual({
          [messageUuid]: CONVERTED_WITH_OTHERS,
          [newer]: CONVERTED,
        });
      });

      it('lets a message that was reported first be tracked afterwards', async () => {
        const messageUuid = newUuid();
        await enqueue(messageUuid, NOT_CONVERTED);
        await track('v', { messageUuid });
        expect(statuses((await settle('v')).reports)).toEqual({ [messageUuid]: CONVERTED });
      });
    });

    describe('delivery', () => {
      it('delivers nothing before it is told to', async () => {
        await track('v');
        await settle('v');
        expect(context.provider.received).toEqual([]);
        storage.deliver();
        await context.events.until('delivered');
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
      });

      it('delivers each report once', async () => {
        storage.deliver();
        const messages = await Promise.all(Array.from({ length: 50 }, (_, i) => track(`v${i}`)));
        await Promise.all(messages.map((_, i) => settle(`v${i}`)));
        await context.events.until('delivered', 50);
        expect(context.provider.received.map(({ messageUuid }) => messageUuid).sort()).toEqual(
          messages.sort(),
        );
      });

      it('never has two reports of one message in flight: the last word is the newest', async () => {
        const message = await track('v');
        storage.deliver();
        const release = context.provider.hold();
        await settle('v', NOT_CONVERTED);
        await context.provider.until(1);
        await settle('v');
        await track('other');
        await settle('other');
        await context.provider.until(2);
        release();
        await context.events.until('delivered', 3);
        const ofMessage = context.provider.received.filter(
          ({ messageUuid }) => messageUuid === message,
        );
        expect(ofMessage.map(({ status }) => status)).toEqual([NOT_CONVERTED, CONVERTED]);
        expect(context.provider.mostInFlightOfOneMessage).toBe(1);
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
      });

      it('delivers the newest status also where the older one, in flight meanwhile, failed', async () => {
        await track('v');
        storage.deliver();
        context.provider.answers.push(rejected);
        const release = context.provider.hold();
        await settle('v', NOT_CONVERTED);
        await context.provider.until(1);
        await settle('v');
        release();
        await context.events.until('delivered');
        expect(context.provider.received.map(({ status }) => status)).toEqual([
          NOT_CONVERTED,
          CONVERTED,
        ]);
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
      });

      it('tries a report again that fails now, with the timestamp of its success', async () => {
        const messageUuid = await track('v');
        const { reports } = await settle('v');
        context.provider.answers.push(notNow);
        storage.deliver();
        const [retrying] = await context.events.until('retrying');
        expect(retrying).toMatchObject({ messageUuid, attempts: 1, reason: notNow.reason });
        expect(retrying.nextAttemptAt.getTime()).toBeGreaterThanOrEqual(context.clock.now());
        context.clock.shift(600_000);
        await context.events.until('delivered');
        expect(context.provider.received.map(({ timestamp }) => timestamp)).toEqual([
          reports[0].timestamp,
          reports[0].timestamp,
        ]);
      });

      it('delivers at once what was recorded before the clock was set back by an hour', async () => {
        await track('v');
        await settle('v');
        context.clock.shift(-HOUR);
        storage.deliver();
        await context.events.until('delivered');
      });

      it('puts no retry off because the clock was set back by an hour', async () => {
        await track('v');
        await settle('v');
        context.provider.answers.push(notNow);
        storage.deliver();
        await context.events.until('retrying');
        context.clock.shift(-HOUR);
        await context.events.until('delivered');
      });

      it('keeps a report that can never succeed, with what the provider said', async () => {
        const message = await track('v');
        await settle('v');
        context.provider.answers.push(rejected);
        storage.deliver();
        await context.events.until('failed');
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 1 });
        expect(await storage.failed(10)).toEqual([
          {
            messageUuid: message,
            status: CONVERTED,
            timestamp: expect.any(Date),
            failedAt: expect.any(Date),
            attempts: 1,
            reason: rejected.reason,
          },
        ]);
      });

      it('shows failed reports latest first, as many as asked for', async () => {
        const messages = [];
        storage.deliver();
        for (let i = 1; i <= 3; i += 1) {
          messages.unshift(await track(`v${i}`));
          context.provider.answers.push(rejected);
          await settle(`v${i}`);
          await context.events.until('failed', i);
        }
        const latest = await storage.failed(2);
        expect(latest.map(({ messageUuid }) => messageUuid)).toEqual(messages.slice(0, 2));
      });

      it('shows the one first that failed last, whichever message is the older', async () => {
        const [older, newer] = [await track('v'), await track('w')];
        context.provider.answers.push(notNow, rejected, rejected);
        storage.deliver();
        await settle('v');
        await context.events.until('retrying');
        await settle('w');
        await context.events.until('failed');
        context.clock.shift(600_000);
        await context.events.until('failed', 2);
        const latest = await storage.failed(10);
        expect(latest.map(({ messageUuid }) => messageUuid)).toEqual([older, newer]);
      });

      it('retries a failed report when told to, one or all', async () => {
        storage.deliver();
        const messages = [];
        for (let i = 1; i <= 3; i += 1) {
          messages.push(await track(`v${i}`));
          context.provider.answers.push(rejected);
          await settle(`v${i}`);
          await context.events.until('failed', i);
        }
        expect(await storage.retryFailed(messages[1])).toBe(1);
        await context.events.until('delivered', 1);
        expect(await storage.retryFailed(newUuid())).toBe(0);
        expect(await storage.retryFailed()).toBe(2);
        await context.events.until('delivered', 3);
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
      });

      it('lets a newer status take the place of a failed report', async () => {
        await track('v');
        context.provider.answers.push(rejected);
        storage.deliver();
        await settle('v', NOT_CONVERTED);
        await context.events.until('failed');
        await settle('v');
        await context.events.until('delivered');
        expect(await storage.counts()).toEqual({ open: 0, pending: 0, failed: 0 });
      });

      it('fails a report that is older than maxAge instead of trying it again', async () => {
        await track('v');
        await settle('v');
        context.clock.shift(72 * HOUR + 1);
        context.provider.answers.push(notNow);
        storage.deliver();
        const [{ reason }] = await context.events.until('failed');
        expect(reason).toMatchObject({ status: 503, message: expect.stringContaining('maxAge') });
      });

      it('fails no report by age for the time the whole line was refused', async () => {
        await storage.close();
        await open({ delivery: { ...settings, concurrency: 1 } });
        for (const id of ['v', 'w']) {
          await track(id);
          await settle(id);
        }
        context.provider.answers.push(refused, { kind: 'done' }, notNow);
        storage.deliver();
        await context.events.until('paused');
        context.clock.shift(100 * HOUR);
        await context.events.until('resumed');
        const last = (await context.events.until('retrying', 2)).at(-1);
        expect(last).toMatchObject({ attempts: 1, reason: notNow.reason });
        context.clock.shift(1_000);
        await context.events.until('delivered', 2);
        expect(context.events.of('failed')).toEqual([]);
      });

      it('forgets no message whose report is still on its way', async () => {
        const message = await track('v');
        await settle('v', NOT_CONVERTED);
        context.provider.answers.push(refused);
        storage.deliver();
        await context.events.until('paused');
        context.clock.shift(25 * HOUR);
        await context.events.until('delivered');
        expect(statuses(context.provider.received)).toEqual({ [message]: NOT_CONVERTED });
      });

      it('waits at its end for the request in flight, and starts no other', async () => {
        await track('v');
        await settle('v');
        storage.deliver();
        const release = context.provider.hold();
        await context.provider.until(1);
        const stopped = storage.stopDelivering(5_000);
        await track('w');
        await settle('w');
        release();
        await stopped;
        expect(context.provider.received).toHaveLength(1);
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
      });

      it('leaves a request in flight at its end once the timeout has passed', async () => {
        await track('v');
        await settle('v');
        storage.deliver();
        const release = context.provider.hold();
        await context.provider.until(1);
        await storage.stopDelivering(20);
        expect(await storage.counts()).toMatchObject({ pending: 1 });
        release();
      });

      it('records and delivers nothing where another process delivers', async () => {
        await storage.close();
        await open({ delivery: false });
        await track('v');
        await settle('v');
        storage.deliver();
        await storage.stopDelivering(0);
        expect(context.provider.received).toEqual([]);
        expect(await storage.counts()).toEqual({ open: 0, pending: 1, failed: 0 });
      });

      it('has at most as many requests in flight as it may', async () => {
        await storage.close();
        await open({ delivery: { ...settings, concurrency: 3 } });
        for (let i = 0; i < 8; i += 1) {
          await track(`v${i}`);
          await settle(`v${i}`);
        }
        const release = context.provider.hold();
        storage.deliver();
        await context.provider.until(3);
        expect(context.provider.inFlight).toBe(3);
        release();
        await context.events.until('delivered', 8);
      });
    });

    describe('insights', () => {
      const hourOf = (moment: number) => moment - (moment % HOUR);
      const buckets = (from = 0, to = Date.UTC(9999, 11, 31)) => storage.insights({ from, to });
      const ofCountry = async (country: string) =>
        (await buckets()).find((bucket) => bucket.country === country)?.counters;
      /** The middle of a slot of the hour before: no clock of a test leaves it. */
      const sentAt = (slot = 2) =>
        new Date(hourOf(context.clock.now()) - HOUR + slot * 600_000 + 300_000);
      const settleAfter = (verificationId: string, sent: Date, ms: number, status = CONVERTED) =>
        storage.settle({ verificationId, status, timestamp: new Date(sent.getTime() + ms) });

      it('counts a message in its country, hour and ten minutes of sending', async () => {
        const at = sentAt(2);
        await track('v', { sentAt: at, country: 'DE' });
        await track('w', { sentAt: sentAt(3), country: 'DE' });
        expect(await buckets()).toEqual([
          {
            country: 'DE',
            hour: hourOf(at.getTime()),
            counters: { sent: 2, sent2: 1, sent3: 1 },
          },
        ]);
      });

      it('counts a message that is tracked twice once', async () => {
        const messageUuid = await track('v', { country: 'DE' });
        await track('v', { country: 'DE', messageUuid });
        await track('w', { country: 'DE', messageUuid });
        expect(await ofCountry('DE')).toMatchObject({ sent: 1 });
      });

      it('counts messages without a country, or with what is none, under the empty string', async () => {
        await track('v');
        for (const country of ['', 'Germany', 'de', '001', '4915112345678'])
          await track(country || 'w', { country });
        expect(await buckets()).toEqual([
          expect.objectContaining({ country: '', counters: expect.objectContaining({ sent: 6 }) }),
        ]);
      });

      it('counts a success in the hour its message was sent, by its time to convert', async () => {
        const at = sentAt();
        await track('v', { sentAt: at, country: 'DE' });
        await settleAfter('v', at, 40_000);
        expect(await ofCountry('DE')).toEqual({
          sent: 1,
          sent2: 1,
          converted: 1,
          prompt2: 1,
          took9: 1,
          pending: 1,
        });
      });

      it('counts a success as prompt within five minutes of the sending', async () => {
        for (const [verification, ms] of Object.entries({ in: 300_000, over: 300_001 })) {
          await track(verification, { sentAt: sentAt(), country: 'DE' });
          await settleAfter(verification, sentAt(), ms);
        }
        expect(await ofCountry('DE')).toMatchObject({ converted: 2, prompt2: 1 });
      });

      it('counts a timestamp before the sending as no time, and one after days in the last bin', async () => {
        for (const [verification, ms] of Object.entries({ before: -HOUR, days: 99 * HOUR })) {
          await track(verification, { sentAt: sentAt(), country: 'DE' });
          await settleAfter(verification, sentAt(), ms);
        }
        expect(await ofCountry('DE')).toMatchObject({ took0: 1, took23: 1 });
      });

      it('counts the message that converted, and not those it superseded', async () => {
        await track('v', { country: 'DE' });
        await track('v', { country: 'DE' });
        await settle('v');
        expect(await ofCountry('DE')).toMatchObject({ sent: 2, converted: 1, pending: 2 });
      });

      it('counts no success by other means, and one that follows it once', async () => {
        const messageUuid = await track('v', { country: 'DE' });
        await settle('v', CONVERTED_WITH_OTHERS);
        expect((await ofCountry('DE'))?.converted).toBeUndefined();
        await settle('v', CONVERTED, messageUuid);
        await settle('v', CONVERTED, messageUuid);
        expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1, pending: 1 });
      });

      it('counts a late success once, after NOT_CONVERTED was reported', async () => {
        await track('v', { country: 'DE' });
        await settle('v', NOT_CONVERTED);
        await settle('v');
        expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1, pending: 1 });
      });

      it('counts no message that is known by its message_uuid alone, until it is tracked', async () => {
        const messageUuid = newUuid();
        const timestamp = new Date(context.clock.now());
        await storage.enqueue({ messageUuid, status: CONVERTED, timestamp });
        expect(await buckets()).toEqual([]);
        const at = new Date(timestamp.getTime() - 1_500);
        await track('v', { messageUuid, country: 'DE', sentAt: at });
        expect(await ofCountry('DE')).toMatchObject({
          sent: 1,
          converted: 1,
          pending: 1,
          took1: 1,
        });
      });

      it('counts reports as pending, failed, pending again, and delivered', async () => {
        await track('v', { country: 'DE' });
        context.provider.answers.push(rejected);
        await settle('v');
        storage.deliver();
        await context.events.until('failed');
        expect(await ofCountry('DE')).toMatchObject({ converted: 1, failed: 1 });
        expect((await ofCountry('DE'))?.pending).toBeUndefined();
        const release = context.provider.hold();
        await storage.retryFailed();
        expect(await ofCountry('DE')).toMatchObject({ pending: 1 });
        expect((await ofCountry('DE'))?.failed).toBeUndefined();
        release();
        await context.events.until('delivered');
        await until(async () => (await ofCountry('DE'))?.pending === undefined);
        expect(await ofCountry('DE')).toMatchObject({ sent: 1, converted: 1 });
      });

      it('counts a message that expired as sent, and its report as pending', async () => {
        await storage.close();
        await open({ expireAfter: HOUR });
        const release = context.provider.hold();
        await track('v', { country: 'DE' });
        storage.deliver();
        context.clock.shift(HOUR + 1);
        await context.events.until('expired');
        const counters = await ofCountry('DE');
        expect(counters).toMatchObject({ sent: 1, pending: 1 });
        expect(counters?.converted).toBeUndefined();
        release();
      });

      it('keeps what it counted after it is closed and opened again, and its messages are forgotten', async () => {
        await track('v', { country: 'DE' });
        await settle('v');
        storage.deliver();
        await context.events.until('delivered');
        const before = await ofCountry('DE');
        if (storage.shared) {
          await storage.close();
          await open();
          expect(await ofCountry('DE')).toEqual(before);
          storage.deliver();
        }
        context.clock.shift(25 * HOUR);
        await until(async () => (await settle('v')).unmatched !== undefined);
        expect(await ofCountry('DE')).toEqual(before);
      });

      it('returns the hours that begin within the range, its end not included', async () => {
        const now = hourOf(context.clock.now());
        for (const hour of [now - 2 * HOUR, now - HOUR, now])
          await track(`v${hour}`, { sentAt: new Date(hour), country: 'DE' });
        const hours = async (from: number, to: number) =>
          (await buckets(from, to)).map(({ hour }) => hour).sort();
        expect(await hours(now - 2 * HOUR, now)).toEqual([now - 2 * HOUR, now - HOUR]);
        expect(await hours(now - 2 * HOUR + 1, now + 1)).toEqual([now - HOUR, now]);
        expect(await hours(now + HOUR, now + 2 * HOUR)).toEqual([]);
      });

      it('counts no message sent before the days that are kept, or after the next hour', async () => {
        const now = context.clock.now();
        const oldest = hourOf(now) - 30 * 24 * HOUR;
        for (const moment of [oldest, oldest - 1, now + HOUR, now + 3 * HOUR, 0])
          await track(`v${moment}`, { sentAt: new Date(moment), country: 'DE' });
        expect((await buckets()).map(({ hour }) => hour).sort()).toEqual([
          oldest,
          hourOf(now + HOUR),
        ]);
      });

      it('forgets an hour 30 days after its end', async () => {
        await track('v', { country: 'DE' });
        storage.deliver();
        context.clock.shift(30 * 24 * HOUR);
        await track('w', { country: 'FR' });
        expect((await buckets()).map(({ country }) => country)).toContain('DE');
        context.clock.shift(HOUR + 1);
        await until(async () => (await ofCountry('DE')) === undefined);
        expect((await buckets()).map(({ country }) => country)).toEqual(['FR']);
      });

      it('sets a mark once, and keeps it', async () => {
        const hour = hourOf(context.clock.now());
        const mark = { country: 'DE', hour, name: 'droppedAt', at: hour + 5 } as const;
        const set = await Promise.all([storage.markInsights(mark), storage.markInsights(mark)]);
        expect(set.sort()).toEqual([false, true]);
        expect(await storage.markInsights({ ...mark, at: hour + 6 })).toBe(false);
        expect(await storage.markInsights({ ...mark, name: 'recoveredAt', at: hour + 7 })).toBe(
          true,
        );
        await track('v', { country: 'DE' });
        expect(await ofCountry('DE')).toMatchObject({
          droppedAt: hour + 5,
          recoveredAt: hour + 7,
          sent: 1,
        });
      });

      it('counts each of 64 messages that are sent and settled at once', async () => {
        const ids = Array.from({ length: 64 }, (_, i) => `v${i}`);
        const countries = ['DE', 'FR', 'US', ''];
        await Promise.all(ids.map((id, i) => track(id, { country: countries[i % 4] })));
        await Promise.all(ids.map((id) => settle(id)));
        for (const country of countries)
          expect(await ofCountry(country)).toMatchObject({ sent: 16, converted: 16, pending: 16 });
      });
    });

    it('refuses to work before it is open, with an error that says so', async () => {
      await expect(underTest.make().counts()).rejects.toThrow('The storage is not open');
    });
  });
}
