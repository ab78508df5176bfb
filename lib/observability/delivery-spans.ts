import {
  ROOT_CONTEXT,
  SpanContext,
  SpanKind,
  SpanStatusCode,
  context,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { Deliver, httpStatusOf } from '../delivery/answer.js';
import { ATTRIBUTES, SCOPE } from './attributes.js';

/** Recordings that are remembered at most; the oldest goes first. */
const REMEMBERED = 10_000;

/**
 * A span for each request of a report, linked to the span of the request that recorded it: a link,
 * and no parent, since the login is over long before, and may be over for hours.
 *
 * Which one recorded it lives in this process's memory alone. A report that another process
 * delivers, or this one after a restart, has a span without a link: a link that outlives the process
 * would put a trace id into each stored record, for the sake of the few that take longer than that.
 */
export class DeliverySpans {
  readonly #tracer = trace.getTracer(SCOPE);
  /** message_uuid to the span that was active when its report was recorded. */
  readonly #origins = new Map<string, SpanContext>();

  constructor(private readonly account: string) {}

  /** The span that is active now, to be remembered once it is known which reports come of it. */
  static active(): SpanContext | undefined {
    const active = trace.getActiveSpan()?.spanContext();
    return active && isSpanContextValid(active) ? active : undefined;
  }

  /** A message's report was recorded within that span. */
  remember(messageUuid: string, origin: SpanContext | undefined): void {
    this.#origins.delete(messageUuid);
    if (!origin) return;
    this.#origins.set(messageUuid, origin);
    if (this.#origins.size <= REMEMBERED) return;
    const [oldest] = this.#origins.keys();
    this.#origins.delete(oldest);
  }

  traced(deliver: Deliver): Deliver {
    return async (report) => {
      const { messageUuid, status, attempts } = report;
      const known = this.#origins.get(messageUuid);
      const span = this.#tracer.startSpan('report conversion', {
        kind: SpanKind.CLIENT,
        // What woke the delivery may be another login.
        root: true,
        links: known && [{ context: known }],
        attributes: {
          [ATTRIBUTES.account]: this.account,
          [ATTRIBUTES.status]: status,
          [ATTRIBUTES.attempt]: attempts === undefined ? undefined : attempts + 1,
        },
      });
      try {
        const within = trace.setSpan(ROOT_CONTEXT, span);
        const answer = await context.with(within, () => deliver(report));
        // A request may start before whoever recorded its report has heard that it is recorded.
        const origin = known ?? this.#origins.get(messageUuid);
        if (origin && !known) span.addLink({ context: origin });
        span.setAttributes({
          [ATTRIBUTES.answer]: answer.kind,
          [ATTRIBUTES.httpStatus]: httpStatusOf(answer),
        });
        if (answer.kind !== 'done') span.setStatus({ code: SpanStatusCode.ERROR });
        const isOver = answer.kind === 'done' || answer.kind === 'rejected';
        if (isOver && this.#origins.get(messageUuid) === origin) this.#origins.delete(messageUuid);
        return answer;
      } finally {
        span.end();
      }
    };
  }
}
