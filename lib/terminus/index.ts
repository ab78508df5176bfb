export {
  type ConversionFeedbackHealth,
  ConversionFeedbackHealthIndicator,
  type ConversionFeedbackHealthOptions,
} from './conversion-feedback.health-indicator.js';
