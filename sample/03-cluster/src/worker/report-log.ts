import { Injectable, Logger } from '@nestjs/common';
import { ConversionFeedbackService } from 'nestjs-conversion-feedback';

/** Says which reports this worker took to Plivo. What goes wrong, the module says by itself. */
@Injectable()
export class ReportLog {
  readonly #logger = new Logger(ReportLog.name);

  constructor(feedback: ConversionFeedbackService) {
    // The events complete when the worker ends.
    feedback.events$.subscribe((event) => {
      if (event.type !== 'delivered') return;
      this.#logger.log(`Reported ${event.messageUuid} ${event.status}`);
    });
  }
}
