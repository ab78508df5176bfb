import { Injectable, Logger, OnModuleDestroy } from '@nestjs/common';
import { ConversionFeedbackEvent, ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { Subscription } from 'rxjs';

/** Says which reports this worker took to Plivo. */
@Injectable()
export class ReportLog implements OnModuleDestroy {
  readonly #logger = new Logger(ReportLog.name);
  readonly #subscription: Subscription;

  constructor(feedback: ConversionFeedbackService) {
    this.#subscription = feedback.events$.subscribe((event) => this.#log(event));
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
  }

  #log(event: ConversionFeedbackEvent): void {
    if (event.type !== 'delivered') return;
    this.#logger.log(`Reported ${event.messageUuid} ${event.status}`);
  }
}
