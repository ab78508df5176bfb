import { Injectable, Type } from '@nestjs/common';
import { InjectConversionFeedback } from '../conversion-feedback.account.js';
import { DEFAULT_ACCOUNT } from '../conversion-feedback.options.js';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { TrackConversionInterceptor } from './track-conversion.interceptor.js';

const interceptors = new Map<string, Type<TrackConversionInterceptor>>([
  [DEFAULT_ACCOUNT, TrackConversionInterceptor],
]);

/**
 * The interceptor of an account: one class each, so that Nest resolves the account's service, and
 * says at boot where no `forRoot` has that name.
 */
export function interceptorOf(account: string = DEFAULT_ACCOUNT): Type<TrackConversionInterceptor> {
  const known = interceptors.get(account);
  if (known) return known;

  @Injectable()
  class NamedTrackConversionInterceptor extends TrackConversionInterceptor {
    constructor(@InjectConversionFeedback(account) feedback: ConversionFeedbackService) {
      super(feedback);
    }

    protected override readonly account = account;
  }
  interceptors.set(account, NamedTrackConversionInterceptor);
  return NamedTrackConversionInterceptor;
}
