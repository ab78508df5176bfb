import { Injectable, Logger } from '@nestjs/common';
import { Observable, Subject } from 'rxjs';
import { ConversionFeedbackEvent } from './conversion-feedback.events.js';

/** Hands this process's events to whoever listens. A listener that throws harms nobody. */
@Injectable()
export class EventBus {
  readonly #logger = new Logger('ConversionFeedback');
  readonly #events = new Subject<ConversionFeedbackEvent>();
  readonly events$: Observable<ConversionFeedbackEvent> = this.#events.asObservable();

  readonly emit = (event: ConversionFeedbackEvent): void => {
    try {
      this.#events.next(event);
    } catch (error) {
      this.#logger.error(
        `A listener of events$ threw: ${error instanceof Error ? error.name : typeof error}`,
      );
    }
  };

  complete(): void {
    this.#events.complete();
  }
}
