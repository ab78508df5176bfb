import { ConversionFeedbackModuleOptions } from 'nestjs-conversion-feedback';
import { SANDBOX_AUTH_ID, SANDBOX_AUTH_TOKEN } from 'nestjs-conversion-feedback/sandbox';
import { Environment } from './environment.js';

/** Your Plivo account, or the sandbox's where none is set. */
export function plivoAccount(
  environment: Environment,
): Pick<ConversionFeedbackModuleOptions, 'authId' | 'authToken' | 'baseUrl'> {
  if (environment.usesSandbox) {
    return {
      authId: SANDBOX_AUTH_ID,
      authToken: SANDBOX_AUTH_TOKEN,
      baseUrl: environment.SANDBOX_URL,
    };
  }
  return { authId: environment.PLIVO_AUTH_ID!, authToken: environment.PLIVO_AUTH_TOKEN! };
}
