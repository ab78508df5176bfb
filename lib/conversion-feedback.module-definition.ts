import { ConfigurableModuleBuilder } from '@nestjs/common';
import {
  ConversionFeedbackModuleOptions,
  ConversionFeedbackOptionsFactory,
} from './conversion-feedback.options.js';

/**
 * Injection token of the options as the app gives them: a test overrides them by
 * `overrideProvider(CONVERSION_FEEDBACK_OPTIONS)`.
 */
export const CONVERSION_FEEDBACK_OPTIONS = Symbol('CONVERSION_FEEDBACK_OPTIONS');

/** Injection token of the checked options, with their defaults filled in. */
export const RESOLVED_OPTIONS = Symbol('RESOLVED_OPTIONS');

/** Injection token of the name of the account that a module works for. */
export const ACCOUNT = Symbol('ACCOUNT');

/** Injection token of the logger, whose lines tell the account. */
export const LOGGER = Symbol('LOGGER');

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ConversionFeedbackModuleOptions>({
    moduleName: 'ConversionFeedback',
    optionsInjectionToken: CONVERSION_FEEDBACK_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName(
      'createConversionFeedbackOptions' satisfies keyof ConversionFeedbackOptionsFactory,
    )
    .build();
