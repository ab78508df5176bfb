/** Under this name the app finds our metrics and spans. */
export const SCOPE = 'nestjs-conversion-feedback';

/** What metrics and spans are told apart by. Each has few values: never an id, a number or a text. */
export const ATTRIBUTES = {
  account: 'conversion_feedback.account',
  status: 'conversion_feedback.status',
  /** What the provider's answer means: see DeliveryAnswer. */
  answer: 'conversion_feedback.answer',
  /** Why delivery stands still. */
  cause: 'conversion_feedback.cause',
  /** Which request for the report it is, from 1 up. */
  attempt: 'conversion_feedback.attempt',
  /** `2xx`, `3xx`, `4xx`, `5xx`; `none` where no answer came. */
  statusClass: 'conversion_feedback.http.status_class',
  httpStatus: 'http.response.status_code',
} as const;

/** The class of an HTTP status: a provider that makes statuses up makes up no time series. */
export function statusClass(status: number | undefined): string {
  if (status === undefined) return 'none';
  return status >= 200 && status < 600 ? `${Math.floor(status / 100)}xx` : 'other';
}
