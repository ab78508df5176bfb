import { Global, Logger, Module } from '@nestjs/common';
import { EventBus } from './conversion-feedback.event-bus.js';
import { ConversionFeedbackLifecycle } from './conversion-feedback.lifecycle.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  RESOLVED_OPTIONS,
} from './conversion-feedback.module-definition.js';
import { ResolvedOptions, resolveOptions } from './conversion-feedback.options.js';
import { ConversionFeedbackService } from './conversion-feedback.service.js';
import { CLOCK, Clock, RANDOM, systemClock } from './delivery/clock.js';
import { PlivoClient } from './plivo/plivo-client.js';
import { Recorder } from './recording/recorder.js';
import { ConversionStorage } from './storage/conversion-storage.js';

/**
 * Conversion feedback for one-time passwords sent by SMS. Import it once, with `forRoot` or
 * `forRootAsync`; it is global.
 */
@Global()
@Module({
  providers: [
    { provide: RESOLVED_OPTIONS, useFactory: resolveOptions, inject: [MODULE_OPTIONS_TOKEN] },
    { provide: CLOCK, useValue: systemClock },
    { provide: RANDOM, useValue: Math.random },
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
      useFactory: ({ recordTimeout }: ResolvedOptions, clock: Clock, { emit }: EventBus) =>
        new Recorder({ recordTimeout, clock, emit, logger: new Logger('ConversionFeedback') }),
      inject: [RESOLVED_OPTIONS, CLOCK, EventBus],
    },
    ConversionFeedbackService,
    ConversionFeedbackLifecycle,
  ],
  exports: [ConversionFeedbackService],
})
export class ConversionFeedbackModule extends ConfigurableModuleClass {}
