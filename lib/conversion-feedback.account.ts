import { createHash } from 'node:crypto';
import { Inject, InjectionToken, Logger, LoggerService } from '@nestjs/common';
import { DEFAULT_ACCOUNT } from './conversion-feedback.options.js';
import { ConversionFeedbackService } from './conversion-feedback.service.js';

/**
 * Injection token of an account's ConversionFeedbackService, for `overrideProvider` and `app.get`.
 * @param name as given to `forRoot`; default: the account without a name
 */
export function getConversionFeedbackToken(
  name: string = DEFAULT_ACCOUNT,
): InjectionToken<ConversionFeedbackService> {
  // Nest prints the token where nothing provides it: it is the line that is missing.
  return name === DEFAULT_ACCOUNT
    ? ConversionFeedbackService
    : `ConversionFeedbackModule.forRoot({ name: '${name}' })`;
}

/**
 * Injects an account's ConversionFeedbackService.
 * @param name as given to `forRoot`; default: the account without a name
 */
export function InjectConversionFeedback(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getConversionFeedbackToken(name));
}

/** What a storage knows an account's credentials by. */
export function accountIdOf(authId: string): string {
  return createHash('sha256').update(authId).digest('base64url');
}

/** A logger whose lines tell the account, where there is more than one. */
export function loggerOf(account: string): LoggerService {
  const context = 'ConversionFeedback';
  return new Logger(account === DEFAULT_ACCOUNT ? context : `${context}:${account}`);
}
