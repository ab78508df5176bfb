import { Injectable } from '@nestjs/common';
import { Observable, Subject } from 'rxjs';
import { ConversionFeedbackEvent } from './conversion-feedback.events.js';

/** Hands this process's events to whoever listens. */
@Injectable()
export class EventBus {
  readonly #events = new Subject<ConversionFeedbackEvent>();
  readonly events$: Observable<ConversionFeedbackEvent> = this.#events.asObservable();

  readonly emit = (event: ConversionFeedbackEvent): void => this.#events.next(event);

  complete(): void {
    this.#events.complete();
  }
}
