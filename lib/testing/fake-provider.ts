import { DeliveryAnswer, DueReport } from '../delivery/answer.js';

/** A provider that keeps what it is told, and answers as it is told to. */
export class FakeProvider {
  /** The reports it was told, in order. */
  readonly received: DueReport[] = [];
  /** What it says to the next requests; to all others `done`. */
  readonly answers: DeliveryAnswer[] = [];
  /** Whether requests were cut. */
  abandoned = false;
  /** Requests that wait for their answer. */
  inFlight = 0;
  /** The most requests that ever waited at once for one message. */
  mostInFlightOfOneMessage = 0;
  readonly #perMessage = new Map<string, number>();
  #gate: Promise<void> | undefined;
  #arrived: (() => void)[] = [];

  /** The function that a host hands to its storage. */
  readonly deliver = async (report: DueReport): Promise<DeliveryAnswer> => {
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

  /** What a host cuts its requests by. */
  readonly abandon = (): void => {
    this.abandoned = true;
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

  /** Resolves once so many reports came in all; rejects where they don't within so many ms. */
  async until(count: number, timeout = 10_000): Promise<void> {
    let late!: (error: Error) => void;
    const tooLate = new Promise<never>((_, reject) => (late = reject));
    const timer = setTimeout(() => {
      const came = this.received.length;
      late(new Error(`waited ${timeout} ms for ${count} reports in all; ${came} came`));
    }, timeout);
    try {
      while (this.received.length < count)
        await Promise.race([tooLate, new Promise<void>((resolve) => this.#arrived.push(resolve))]);
    } finally {
      clearTimeout(timer);
    }
  }
}
