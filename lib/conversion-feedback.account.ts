import { createHash } from 'node:crypto';
import { Inject, InjectionToken } from '@nestjs/common';
import { DEFAULT_ACCOUNT } from './conversion-feedback.options.js';
import { ConversionFeedbackService } from './conversion-feedback.service.js';

/**
 * By account. As symbols, they differ where this package is loaded twice: what one copy provides would
 * be no service to the other's interceptors, and nothing would be reported.
 */
const tokens = new Map<string, symbol>();

/**
 * Injection token of an account's ConversionFeedbackService, for `overrideProvider` and `app.get`.
 * @param name as given to `forRoot`; default: the account without a name
 */
export function getConversionFeedbackToken(
  name: string = DEFAULT_ACCOUNT,
): InjectionToken<ConversionFeedbackService> {
  if (name === DEFAULT_ACCOUNT) return ConversionFeedbackService;
  // Nest prints the token where nothing provides it: it is the line that is missing.
  const token = tokens.get(name) ?? Symbol(`ConversionFeedbackModule.forRoot({ name: '${name}' })`);
  tokens.set(name, token);
  return token;
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
