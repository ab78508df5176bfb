import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { ConversionStatus } from '../conversion-status.js';
import { DeliverySettings } from '../delivery/delivery-loop.js';
import { ConversionStorageHost } from '../storage/conversion-storage.js';
import { EventLog } from './event-log.js';
import { FakeProvider } from './fake-provider.js';
import { ShiftableClock } from './shiftable-clock.js';

export const HOUR = 3_600_000;

/** How the host's reports are delivered. */
export const settings: DeliverySettings = {
  concurrency: 10,
  rateLimit: false,
  timeout: 10_000,
  backoff: { initial: 1_000, max: 600_000 },
  maxAge: 72 * HOUR,
};

/** A host, and what a test moves and sees of it. */
export interface TestHost {
  /** What the storage is opened with. */
  readonly host: ConversionStorageHost;
  readonly clock: ShiftableClock;
  readonly events: EventLog;
  readonly provider: FakeProvider;
}

/**
 * A host for a storage under test, beside a provider of its own.
 * @param options what differs from a module's defaults; delivery has no rate limit
 */
export function storageHost(options: Partial<ConversionStorageHost> = {}): TestHost {
  const clock = new ShiftableClock();
  const events = new EventLog();
  const provider = new FakeProvider(clock);
  const host: ConversionStorageHost = {
    clock,
    random: () => 0.5,
    logger: new Logger('test'),
    account: 'default',
    accountId: 'digest',
    superseded: ConversionStatus.CONVERTED_WITH_OTHERS,
    retention: 24 * HOUR,
    delivery: settings,
    deliver: provider.deliver,
    abandon: provider.abandon,
    emit: events.emit,
    closing: new AbortController().signal,
    lost: (why) => {
      throw why;
    },
    ...options,
  };
  return { host, clock, events, provider };
}

/** A message_uuid of no other message. */
export function newUuid(): string {
  return randomUUID();
}
