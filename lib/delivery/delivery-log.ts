import { LoggerService } from '@nestjs/common';
import { Observable, Subscription } from 'rxjs';
import { ConversionFeedbackEvent, PauseCause } from '../conversion-feedback.events.js';
import { FailureReason } from '../conversion-report.js';
import { Clock } from './clock.js';

/** Failed reports are said at most so often, in ms: a line for many. */
const FAILED_INTERVAL = 60_000;

const STANDS_STILL: Record<PauseCause, string> = {
  refused:
    'Plivo refuses the credentials: check authId and authToken. Delivery stands still and asks again every minute',
  down: "Plivo can't be reached, or fails: delivery stands still and asks again every second",
  slowed: 'Plivo asked to wait: delivery stands still for as long',
};

/** Says in the log when delivery starts to fail and when it recovers: not a line a report. */
export class DeliveryLog {
  readonly #subscription: Subscription;
  #failedUnsaid = 0;
  #lastSaid = -Infinity;

  constructor(
    events: Observable<ConversionFeedbackEvent>,
    private readonly clock: Clock,
    private readonly logger: LoggerService,
  ) {
    this.#subscription = events.subscribe((event) => {
      if (event.type === 'paused') this.#paused(event.cause, event.reason);
      if (event.type === 'resumed') this.logger.log('Delivery to Plivo goes on');
      if (event.type === 'failed') this.#failed(event.reason);
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  #paused(cause: PauseCause, reason: FailureReason): void {
    const line = `${STANDS_STILL[cause]}. Nothing is lost (${inWords(reason)})`;
    if (cause === 'refused') this.logger.error(line);
    else this.logger.warn(line);
  }

  #failed(reason: FailureReason): void {
    this.#failedUnsaid += 1;
    const now = this.clock.elapsed();
    if (now - this.#lastSaid < FAILED_INTERVAL) return;
    const reports = this.#failedUnsaid === 1 ? '1 report' : `${this.#failedUnsaid} reports`;
    this.logger.warn(
      `${reports} failed and kept, see failed() and retryFailed(); the last: ${inWords(reason)}`,
    );
    this.#failedUnsaid = 0;
    this.#lastSaid = now;
  }
}

function inWords({ status, message }: FailureReason): string {
  return status === undefined ? message : `${status}: ${message}`;
}
