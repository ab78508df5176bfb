import { warnOfSecondCopy } from './second-copies.js';

export { ConversionFeedbackModule } from './conversion-feedback.module.js';
export {
  getConversionFeedbackToken,
  InjectConversionFeedback,
} from './conversion-feedback.account.js';
export { CONVERSION_FEEDBACK_OPTIONS } from './conversion-feedback.module-definition.js';
export { ConversionFeedbackService } from './conversion-feedback.service.js';
export {
  BackoffOptions,
  ConversionFeedbackModuleOptions,
  type ConversionFeedbackOptionsFactory,
  DeliveryOptions,
  RateLimitOptions,
} from './conversion-feedback.options.js';
export {
  ConversionFeedbackError,
  type Fault,
  InvalidMessageError,
  InvalidOptionsError,
  InvalidReportError,
  PlivoRequestError,
  type PlivoRequestFailure,
  StorageError,
} from './conversion-feedback.errors.js';
export type {
  ConversionDroppedEvent,
  ConversionFeedbackEvent,
  ConversionRecoveredEvent,
  DeliveredEvent,
  DroppedEvent,
  ExpiredEvent,
  FailedEvent,
  PauseCause,
  PausedEvent,
  RecordedEvent,
  ResumedEvent,
  RetryingEvent,
  TrackedEvent,
  UnmatchedEvent,
} from './conversion-feedback.events.js';
export type { ConversionReport, FailedReport, FailureReason } from './conversion-report.js';
export { ConversionStatus } from './conversion-status.js';
export { type SentMessage, TrackableMessage } from './plivo/trackable-message.js';
export { TrackConversion } from './track-conversion/track-conversion.decorator.js';
export { TrackConversionInterceptor } from './track-conversion/track-conversion.interceptor.js';
export type { TrackConversionOptions } from './track-conversion/track-conversion.options.js';
export {
  type ConversionCounts,
  ConversionStorage,
  type ConversionStorageHost,
  type Settlement,
  type TrackedMessage,
  type VerificationOutcome,
} from './storage/conversion-storage.js';
export {
  LmdbConversionStorage,
  type LmdbConversionStorageOptions,
} from './storage/lmdb/lmdb-conversion-storage.js';
export { MemoryConversionStorage } from './storage/memory/memory-conversion-storage.js';
export type { Durability } from './storage/lmdb/durability.js';
export type {
  CountryInsights,
  HourInsights,
  Insights,
  InsightsDrop,
  InsightsFigures,
  InsightsSeries,
} from './insights/insights.js';
export type {
  BucketKey,
  InsightsBucket,
  InsightsCounter,
  InsightsMark,
} from './insights/bucket.js';
export { TIME_TO_CONVERT_BOUNDS } from './insights/time-to-convert.js';
export type { Clock, Random } from './delivery/clock.js';
export type { Deliver, DeliveryAnswer } from './delivery/answer.js';
export type { DeliverySettings } from './delivery/delivery-loop.js';
export type { Backoff } from './delivery/backoff.js';
export type { RateLimit } from './delivery/rate-limit.js';

warnOfSecondCopy();
