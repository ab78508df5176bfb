import { ConversionReport, FailureReason } from '../conversion-report.js';

/**
 * What a provider said to a report, as far as delivery cares:
 * - `done`: it has it; `status` is that of its HTTP answer, where known
 * - `rejected`: this report can't succeed, whenever it is tried
 * - `not-now`: it may succeed later; `retryAfter` is the provider's own wish in ms, `slow` means
 *   that it asked all of us to slow down
 * - `refused`: every report would fail; with `maybeOne` it may be this report's fault alone
 */
export type DeliveryAnswer =
  | { readonly kind: 'done'; readonly status?: number }
  | { readonly kind: 'rejected'; readonly reason: FailureReason }
  | {
      readonly kind: 'not-now';
      readonly reason: FailureReason;
      readonly retryAfter?: number;
      readonly slow?: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: FailureReason; readonly maybeOne: boolean };

/** A report to be delivered. */
export interface DueReport extends ConversionReport {
  /** Requests made for it before, where the storage knows. */
  readonly attempts?: number;
}

/** Takes a report to the provider. Never rejects: whatever happens is an answer. */
export type Deliver = (report: DueReport) => Promise<DeliveryAnswer>;

/** The HTTP status of an answer; undefined where none came. */
export function httpStatusOf(answer: DeliveryAnswer): number | undefined {
  return answer.kind === 'done' ? answer.status : answer.reason.status;
}
