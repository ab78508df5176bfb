import { ConfigurableModuleBuilder } from '@nestjs/common';
import {
  ConversionFeedbackModuleOptions,
  ConversionFeedbackOptionsFactory,
} from './conversion-feedback.options.js';

/** Injection token of the checked options, with their defaults filled in. */
export const RESOLVED_OPTIONS = Symbol('RESOLVED_OPTIONS');

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<ConversionFeedbackModuleOptions>({
    moduleName: 'ConversionFeedback',
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName(
      'createConversionFeedbackOptions' satisfies keyof ConversionFeedbackOptionsFactory,
    )
    .build();
