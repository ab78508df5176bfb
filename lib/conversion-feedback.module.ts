import { DynamicModule, Global, LoggerService, Module } from '@nestjs/common';
import { getConversionFeedbackToken } from './conversion-feedback.account.js';
import { EventBus } from './conversion-feedback.event-bus.js';
import { ConversionFeedbackLifecycle } from './conversion-feedback.lifecycle.js';
import { loggerOf } from './conversion-feedback.logger.js';
import {
  ACCOUNT,
  ASYNC_OPTIONS_TYPE,
  CONVERSION_FEEDBACK_OPTIONS,
  ConfigurableModuleClass,
  LOGGER,
  RESOLVED_OPTIONS,
} from './conversion-feedback.module-definition.js';
import {
  ConversionFeedbackModuleOptions,
  DEFAULT_ACCOUNT,
  ResolvedOptions,
  resolveOptions,
} from './conversion-feedback.options.js';
import { ConversionFeedbackService } from './conversion-feedback.service.js';
import { CLOCK, Clock, RANDOM, systemClock } from './delivery/clock.js';
import { AccountCondition } from './observability/account-condition.js';
import { AccountMetrics } from './observability/account-metrics.js';
import { DeliverySpans } from './observability/delivery-spans.js';
import { PlivoClient } from './plivo/plivo-client.js';
import { Recorder } from './recording/recorder.js';
import { ConversionStorage } from './storage/conversion-storage.js';

/**
 * Conversion feedback for one-time passwords sent by SMS. Import it once for each Plivo account, with
 * `forRoot` or `forRootAsync`; it is global.
 */
@Global()
@Module({
  providers: [
    {
      provide: RESOLVED_OPTIONS,
      useFactory: resolveOptions,
      inject: [CONVERSION_FEEDBACK_OPTIONS, ACCOUNT],
    },
    { provide: CLOCK, useValue: systemClock },
    { provide: RANDOM, useValue: Math.random },
    { provide: LOGGER, useFactory: loggerOf, inject: [ACCOUNT] },
    EventBus,
    {
      provide: PlivoClient,
      useFactory: (options: ResolvedOptions, clock: Clock) => new PlivoClient(options, clock),
      inject: [RESOLVED_OPTIONS, CLOCK],
    },
    {
      provide: ConversionStorage,
      useFactory: ({ storage }: ResolvedOptions) => storage,
      inject: [RESOLVED_OPTIONS],
    },
    {
      provide: Recorder,
      useFactory: (
        { recordTimeout }: ResolvedOptions,
        clock: Clock,
        { emit }: EventBus,
        logger: LoggerService,
      ) => new Recorder({ recordTimeout, clock, emit, logger }),
      inject: [RESOLVED_OPTIONS, CLOCK, EventBus, LOGGER],
    },
    {
      provide: AccountCondition,
      useFactory: (
        { events$ }: EventBus,
        storage: ConversionStorage,
        recorder: Recorder,
        clock: Clock,
      ) => new AccountCondition(events$, storage, recorder, clock),
      inject: [EventBus, ConversionStorage, Recorder, CLOCK],
    },
    {
      provide: AccountMetrics,
      useFactory: (
        account: string,
        { events$ }: EventBus,
        condition: AccountCondition,
        clock: Clock,
      ) => new AccountMetrics(account, events$, condition, clock),
      inject: [ACCOUNT, EventBus, AccountCondition, CLOCK],
    },
    {
      provide: DeliverySpans,
      useFactory: (account: string) => new DeliverySpans(account),
      inject: [ACCOUNT],
    },
    ConversionFeedbackLifecycle,
  ],
})
export class ConversionFeedbackModule extends ConfigurableModuleClass {
  /**
   * Sets up a Plivo account.
   * @throws InvalidOptionsError at boot, with all that is wrong with the options
   */
  static override forRoot(options: ConversionFeedbackModuleOptions): DynamicModule {
    return ofAccount(super.forRoot(options), options);
  }

  /**
   * Sets up a Plivo account with options that come from elsewhere. An account's `name` stands here,
   * beside the factory.
   * @throws InvalidOptionsError at boot, with all that is wrong with the options
   */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE & Pick<ConversionFeedbackModuleOptions, 'name'>,
  ): DynamicModule {
    return ofAccount(super.forRootAsync(options), options);
  }
}

/** Completes a module with what depends on the account's name. */
function ofAccount(definition: DynamicModule, options: unknown): DynamicModule {
  const account = nameIn(options);
  const token = getConversionFeedbackToken(account);
  return {
    ...definition,
    providers: [
      ...(definition.providers ?? []),
      { provide: ACCOUNT, useValue: account },
      // Under no other token: `app.get(ConversionFeedbackService)` means the default account.
      { provide: token, useClass: ConversionFeedbackService },
    ],
    exports: [token],
  };
}

/** The name in options that nobody has checked yet: what is wrong with them is said at boot. */
function nameIn(options: unknown): string {
  try {
    const { name } = options as ConversionFeedbackModuleOptions;
    return typeof name === 'string' ? name : DEFAULT_ACCOUNT;
  } catch {
    return DEFAULT_ACCOUNT;
  }
}
