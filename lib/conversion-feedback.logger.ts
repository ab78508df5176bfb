import { Logger, LoggerService } from '@nestjs/common';
import { DEFAULT_ACCOUNT } from './conversion-feedback.options.js';

type Level = 'log' | 'error' | 'warn' | 'debug' | 'verbose' | 'fatal';

/**
 * A logger whose lines tell the account, where there is more than one. It never throws: a line that
 * the app's own logger throws at becomes a warning of the process.
 */
export function loggerOf(account: string): LoggerService {
  const context = 'ConversionFeedback';
  const logger = new Logger(account === DEFAULT_ACCOUNT ? context : `${context}:${account}`);
  const say =
    (level: Level) =>
    (message: unknown, ...more: unknown[]): void => {
      try {
        logger[level](message, ...more);
      } catch {
        // A login, or all of delivery, would end here. What was thrown may hold anything.
        process.emitWarning(`${String(message)} (the app's logger threw)`, context);
      }
    };
  return {
    log: say('log'),
    error: say('error'),
    warn: say('warn'),
    debug: say('debug'),
    verbose: say('verbose'),
    fatal: say('fatal'),
  };
}
