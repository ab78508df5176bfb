import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConversionStatus, DeliveryAnswer } from '../../../lib/index.js';
import { DeliveryLoop } from '../../../lib/delivery/delivery-loop.js';
import { LedgerQueue } from '../../../lib/storage/ledger/ledger-queue.js';
import { Ledger } from '../../../lib/storage/ledger/ledger.js';
import { memoryTables } from '../../../lib/storage/memory/memory-tables.js';
import { EventLog } from '../../support/event-log.js';
import { ManualClock, settled } from '../../support/clocks.js';
import { newUuid, settings, storageHost } from '../../support/storage-host.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;

const unauthorized: DeliveryAnswer = {
  kind: 'refused',
  reason: { status: 401, message: 'no' },
  maybeOne: false,
};

describe('a process that takes delivery over', () => {
  let clock: ManualClock;
  let events: EventLog;
  let answer: () => DeliveryAnswer;
  let ledger: Ledger;
  let loop: DeliveryLoop;
  let requests: string[];
  /** Requests in flight when each of them started. */
  let most: number[];

  beforeEach(() => {
    clock = new ManualClock();
    requests = [];
    most = [];
    let inFlight = 0;
    answer = () => ({ kind: 'done' });
    const { host, events: log } = storageHost({ clock });
    events = log;
    ledger = new Ledger(memoryTables(), host);
    const queue = new LedgerQueue(ledger, async (work) => work(ledger), host);
    loop = new DeliveryLoop(
      queue,
      async ({ messageUuid, status }) => {
        requests.push(`${messageUuid} ${status}`);
        most.push((inFlight += 1));
        await settled();
        inFlight -= 1;
        return answer();
      },
      settings,
      { ...host, mayRequest: () => true, storageFailed: () => {} },
    );
  });

  const record = (status: ConversionStatus, messageUuid = newUuid()): string => {
    ledger.enqueue({ messageUuid, status, timestamp: new Date(clock.now()) }, clock.now());
    return messageUuid;
  };

  it('sends nothing that a request left in flight could contradict, until its time is over', async () => {
    const expired = record(NOT_CONVERTED);
    const late = record(NOT_CONVERTED);
    record(CONVERTED, late);
    const success = record(CONVERTED);

    loop.start({ died: false, leftInFlight: true, lastRequestAgo: 1_000 });
    await clock.advance(settings.timeout - 1_001);
    expect(requests).toEqual([`${success} CONVERTED`]);
    await clock.advance(300);
    expect(requests.slice(1)).toEqual([`${expired} NOT_CONVERTED`, `${late} CONVERTED`]);
    await loop.stop(0);
  });

  it('sends all at once after one that ended in order', async () => {
    record(NOT_CONVERTED);
    record(CONVERTED);
    loop.start({ died: false, leftInFlight: false, lastRequestAgo: 1_000 });
    await clock.advance(0);
    expect(requests).toHaveLength(2);
    await loop.stop(0);
  });

  it('has one report at a time in flight at first, after one that died', async () => {
    for (let i = 0; i < 30; i += 1) record(CONVERTED);
    loop.start({ died: true, leftInFlight: true, lastRequestAgo: 1_000 });
    while (requests.length < 30) await clock.advance(0);
    expect(most.slice(0, 2 * settings.concurrency)).toEqual(
      new Array(2 * settings.concurrency).fill(1),
    );
    expect(Math.max(...most)).toBe(settings.concurrency);
    await loop.stop(0);
  });

  it('says that delivery goes on where it has to leave it to another one, and begins anew', async () => {
    answer = () => unauthorized;
    record(CONVERTED);
    loop.start();
    await clock.advance(1_000);
    expect(events.of('paused')).toMatchObject([{ cause: 'refused' }]);
    await loop.handOver();
    expect(events.of('resumed')).toMatchObject([{ cause: 'refused' }]);

    answer = () => ({ kind: 'done' });
    loop.start({ died: false, leftInFlight: false, lastRequestAgo: 5_000 });
    await clock.advance(0);
    expect(events.of('delivered')).toHaveLength(1);
    expect(events.of('resumed')).toHaveLength(1);
    await loop.stop(0);
  });

  it('doesn’t hold against a report what it hears of it after it has left', async () => {
    answer = () => ({ kind: 'not-now', reason: { status: 500, message: 'server error' } });
    for (let i = 0; i < settings.concurrency; i += 1) record(CONVERTED);
    loop.start();
    while (requests.length < settings.concurrency) await Promise.resolve();
    await loop.handOver();
    await settled();
    expect(events.of('paused')).toEqual([]);
    expect(events.of('retrying').map(({ attempts }) => attempts)).toEqual(
      new Array(settings.concurrency).fill(0),
    );
  });
});
