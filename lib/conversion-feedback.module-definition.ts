import { ConfigurableModuleBuilder } from '@nestjs/common';
import {
  ConversionFeedbackModuleOptions,
  ConversionFeedbackOptionsFactory,
} from './conversion-feedback.options.js';

/** Injection token of the checked options, with their defaults filled in. */
export const RESOLVED_OPTIONS = Symbol('RESOLVED_OPTIONS');

/** Injection token of the name of the account that a module works for. */
export const ACCOUNT = Symbol('ACCOUNT');

/** Injection token of the logger, whose lines tell the account. */
export const LOGGER = Symbol('LOGGER');

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ConversionFeedbackModuleOptions>({
    moduleName: 'ConversionFeedback',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName(
      'createConversionFeedbackOptions' satisfies keyof ConversionFeedbackOptionsFactory,
    )
    .build();
