import { Observable } from 'rxjs';
import {
  ConversionFeedbackEvent,
  PausedEvent,
  RetryingEvent,
} from '../conversion-feedback.events.js';

/** Failing reports that are remembered at most. */
const MOST = 100;

/** A report that wasn't accepted yet, and is tried again. */
export type FailingReport = Omit<RetryingEvent, 'type'>;

/** Delivery stands still. */
export type Pause = Omit<PausedEvent, 'type'>;

/**
 * What this process sees of the deliveries it makes: which reports failed at least once and are still
 * on their way, and whether the line stands still. Another process's deliveries aren't seen here.
 */
export class OngoingDelivery {
  readonly #failing = new Map<string, FailingReport>();
  #pause?: Pause;

  /** Watches for as long as there are events: they complete with the app. */
  constructor(events$: Observable<ConversionFeedbackEvent>) {
    events$.subscribe((event) => this.#see(event));
  }

  /** Latest first. */
  get failing(): FailingReport[] {
    return [...this.#failing.values()].reverse();
  }

  get pause(): Pause | undefined {
    return this.#pause;
  }

  #see(event: ConversionFeedbackEvent): void {
    switch (event.type) {
      case 'retrying': {
        const { messageUuid, status, timestamp, attempts, reason, nextAttemptAt } = event;
        this.#failing.delete(messageUuid);
        const report = { messageUuid, status, timestamp, attempts, reason, nextAttemptAt };
        this.#failing.set(messageUuid, report);
        if (this.#failing.size > MOST) this.#failing.delete(this.#failing.keys().next().value!);
        return;
      }
      case 'recorded':
      case 'delivered':
      case 'failed':
        this.#failing.delete(event.messageUuid);
        return;
      case 'paused':
        this.#pause = { cause: event.cause, reason: event.reason };
        return;
      case 'resumed':
        this.#pause = undefined;
    }
  }
}
