import { DeliveryAnswer, DueReport } from '../delivery/answer.js';
import { Clock } from '../delivery/clock.js';
import { cut } from './answers.js';

/** A request that waits for its answer. */
interface OpenRequest {
  readonly messageUuid: string;
  readonly end: (answer: DeliveryAnswer) => void;
}

/** A provider that keeps what it is told, and answers as it is told to. */
export class FakeProvider {
  /** The reports it was told, in order. */
  readonly received: DueReport[] = [];
  /** When each of them came, by the clock's `elapsed()`. */
  readonly arrivals: number[] = [];
  /** What it says to the next requests; to all others `done`. */
  readonly answers: DeliveryAnswer[] = [];
  /** Whether requests were cut. */
  abandoned = false;
  /** The most requests that ever waited at once. */
  mostInFlight = 0;
  /** The most requests that ever waited at once for one message. */
  mostInFlightOfOneMessage = 0;
  readonly #open = new Set<OpenRequest>();
  #gate: Promise<void> | undefined;
  #arrived: (() => void)[] = [];

  constructor(private readonly clock: Clock) {}

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** The function that a host hands to its storage. */
  readonly deliver = (report: DueReport): Promise<DeliveryAnswer> => {
    this.received.push(report);
    this.arrivals.push(this.clock.elapsed());
    const answer = this.answers.shift() ?? { kind: 'done' };
    return new Promise((resolve) => {
      const request: OpenRequest = {
        messageUuid: report.messageUuid,
        end: (ended) => {
          this.#open.delete(request);
          resolve(ended);
        },
      };
      this.#begin(request);
      void Promise.resolve(this.#gate).then(() => request.end(answer));
    });
  };

  /** What a host cuts its requests by: nobody learns what the provider says to them. */
  readonly abandon = (): void => {
    this.abandoned = true;
    for (const { end } of this.#open) end(cut);
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

  #begin(request: OpenRequest): void {
    this.#open.add(request);
    const ofThisMessage = [...this.#open].filter(
      (open) => open.messageUuid === request.messageUuid,
    );
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    this.mostInFlightOfOneMessage = Math.max(this.mostInFlightOfOneMessage, ofThisMessage.length);
    this.#arrived.splice(0).forEach((resolve) => resolve());
  }
}
