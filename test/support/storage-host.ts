import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import {
  ConversionReport,
  ConversionStatus,
  ConversionStorageHost,
  DeliveryAnswer,
  DeliverySettings,
} from '../../lib/index.js';
import { ShiftableClock } from './clocks.js';
import { EventLog } from './event-log.js';

export const HOUR = 3_600_000;

export const settings: DeliverySettings = {
  concurrency: 10,
  rateLimit: false,
  timeout: 10_000,
  backoff: { initial: 1_000, max: 600_000 },
  maxAge: 72 * HOUR,
};

/** A provider that keeps what it is told, and answers as it is told to. */
export class FakeProvider {
  readonly received: ConversionReport[] = [];
  readonly answers: DeliveryAnswer[] = [];
  inFlight = 0;
  mostInFlightOfOneMessage = 0;
  readonly #perMessage = new Map<string, number>();
  #gate: Promise<void> | undefined;
  #arrived: (() => void)[] = [];

  readonly deliver = async (report: ConversionReport): Promise<DeliveryAnswer> => {
    this.received.push(report);
    const ofThis = (this.#perMessage.get(report.messageUuid) ?? 0) + 1;
    this.#perMessage.set(report.messageUuid, ofThis);
    this.mostInFlightOfOneMessage = Math.max(this.mostInFlightOfOneMessage, ofThis);
    this.inFlight += 1;
    const answer = this.answers.shift() ?? { kind: 'done' };
    this.#arrived.splice(0).forEach((resolve) => resolve());
    await this.#gate;
    this.inFlight -= 1;
    this.#perMessage.set(report.messageUuid, this.#perMessage.get(report.messageUuid)! - 1);
    return answer;
  };

  /** Requests hang from now on, until the returned function is called. */
  hold(): () => void {
    let release!: () => void;
    this.#gate = new Promise((resolve) => (release = resolve));
    return () => {
      this.#gate = undefined;
      release();
    };
  }

  /** Resolves once so many reports came in all. */
  async until(count: number): Promise<void> {
    while (this.received.length < count)
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
  }
}

/** A host for a storage under test, and what it says. */
export function storageHost(options: Partial<ConversionStorageHost> = {}) {
  const clock = new ShiftableClock();
  const events = new EventLog();
  const provider = new FakeProvider();
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
    emit: events.emit,
    closing: new AbortController().signal,
    lost: (why) => {
      throw why;
    },
    ...options,
  };
  return { host, clock, events, provider };
}

export function newUuid(): string {
  return randomUUID();
}
