export { ConversionFeedbackDashboardModule } from './conversion-feedback-dashboard.module.js';
export { ConversionFeedbackDashboardOptions } from './dashboard.options.js';
