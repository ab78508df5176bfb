import { ModulesContainer } from '@nestjs/core';
import { InvalidOptionsError } from './conversion-feedback.errors.js';
import { ACCOUNT } from './conversion-feedback.module-definition.js';
import { DEFAULT_ACCOUNT } from './conversion-feedback.options.js';

/**
 * Makes sure that no other module of the app works for the account: handlers ask for it by its name,
 * and would be given any.
 * @throws InvalidOptionsError where one does
 */
export function assertOnlyModule(account: string, modules: ModulesContainer): void {
  const names = [...modules.values()].map(({ providers }) => providers.get(ACCOUNT)?.instance);
  const count = names.filter((name) => name === account).length;
  if (count < 2) return;
  const what =
    account === DEFAULT_ACCOUNT
      ? `\`name\` is missing in ${count} modules of this app, a second account must have one`
      : `\`name\` "${account}" is that of ${count} modules of this app, each account must have one of its own`;
  const message = `${what}: import ConversionFeedbackModule once for each account`;
  throw new InvalidOptionsError([{ field: 'name', message }]);
}
