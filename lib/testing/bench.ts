import { ConversionReport } from '../conversion-report.js';
import { ConversionStatus } from '../conversion-status.js';
import {
  ConversionStorage,
  ConversionStorageHost,
  Settlement,
  TrackedMessage,
} from '../storage/conversion-storage.js';
import { EventLog } from './event-log.js';
import { FakeProvider } from './fake-provider.js';
import { ShiftableClock } from './shiftable-clock.js';
import { TestHost, newUuid, storageHost } from './storage-host.js';

/** How the contract gets at a storage. */
export interface StorageUnderTest {
  /** A new storage, not open yet, over the same data as the one before, if it keeps any. */
  make(): ConversionStorage;
  /** Throws the data away. The storage is closed. */
  discard(): Promise<void>;
}

/** The storage that a case tests, and the host that it is open with. */
export class Bench {
  #underTest!: StorageUnderTest;
  #storage!: ConversionStorage;
  #test!: TestHost;

  get storage(): ConversionStorage {
    return this.#storage;
  }

  get clock(): ShiftableClock {
    return this.#test.clock;
  }

  get events(): EventLog {
    return this.#test.events;
  }

  get provider(): FakeProvider {
    return this.#test.provider;
  }

  /** Begins a case: with no data, and the storage open. */
  async begin(underTest: StorageUnderTest): Promise<void> {
    this.#underTest = underTest;
    await this.open();
  }

  /** Ends a case. */
  async end(): Promise<void> {
    await this.#storage.close();
    await this.#underTest.discard();
  }

  /** Another storage over the same data, not open. */
  make(): ConversionStorage {
    return this.#underTest.make();
  }

  /** Opens a storage over the same data, with another host. */
  async open(options: Partial<ConversionStorageHost> = {}): Promise<void> {
    this.#test = storageHost(options);
    this.#storage = this.make();
    await this.#storage.open(this.#test.host);
  }

  /** As if the app were started anew, with another clock, provider and log of events. */
  async reopen(options: Partial<ConversionStorageHost> = {}): Promise<void> {
    await this.#storage.close();
    await this.open(options);
  }

  /** Tracks a message of a verification; resolves with its message_uuid. */
  async track(verificationId: string, more: Partial<TrackedMessage> = {}): Promise<string> {
    const messageUuid = more.messageUuid ?? newUuid();
    const sentAt = more.sentAt ?? new Date(this.clock.now());
    await this.#storage.track({
      verificationId,
      sentAtGiven: more.sentAt !== undefined,
      ...more,
      messageUuid,
      sentAt,
    });
    return messageUuid;
  }

  /** Settles a verification, now. */
  settle(
    verificationId: string,
    status = ConversionStatus.CONVERTED,
    messageUuid?: string,
  ): Promise<Settlement> {
    return this.#storage.settle({
      verificationId,
      status,
      timestamp: new Date(this.clock.now()),
      messageUuid,
    });
  }

  /** Records so many reports, each of another verification. */
  async record(reports: number): Promise<void> {
    for (let i = 0; i < reports; i += 1) {
      const verificationId = newUuid();
      await this.track(verificationId);
      await this.settle(verificationId);
    }
  }

  /** What is counted of a country's messages, in the one hour of them that there is. */
  async counted(country: string) {
    const all = await this.#storage.insights({ from: 0, to: Date.UTC(9999, 11, 31) });
    return all.find((bucket) => bucket.country === country)?.counters;
  }
}

/** The status of each message reported. */
export function statuses(reports: readonly ConversionReport[]): Record<string, ConversionStatus> {
  return Object.fromEntries(reports.map(({ messageUuid, status }) => [messageUuid, status]));
}
