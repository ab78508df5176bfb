import {
  BatchObservableResult,
  Histogram,
  Meter,
  createNoopMeter,
  metrics,
} from '@opentelemetry/api';
import { Observable } from 'rxjs';
import { ConversionFeedbackEvent, PauseCause } from '../conversion-feedback.events.js';
import { Deliver, httpStatusOf } from '../delivery/answer.js';
import { Clock } from '../delivery/clock.js';
import type { AccountCondition } from './account-condition.js';
import { ATTRIBUTES, SCOPE, statusClass } from './attributes.js';

const CAUSES: readonly PauseCause[] = ['refused', 'down', 'slowed'];

/** Upper bounds in seconds: those that OpenTelemetry names for HTTP clients. */
const REQUEST_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Upper bounds in seconds of the time in which people type a code. */
const TYPING_BOUNDS = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_800, 3_600];

/**
 * The metrics of an account. docs/observability.md says what each means. Until the app registers an
 * OpenTelemetry SDK there is nothing to keep, so nothing is counted.
 */
export class AccountMetrics {
  #requests?: Histogram;
  #stop?: () => void;

  constructor(
    private readonly account: string,
    private readonly events: Observable<ConversionFeedbackEvent>,
    private readonly condition: AccountCondition,
    private readonly clock: Clock,
  ) {}

  /** Starts to measure, by the meter that is registered now: an import would be too early to ask. */
  start(): void {
    const meter = metrics.getMeter(SCOPE);
    if (meter === createNoopMeter()) return;
    this.#requests = meter.createHistogram('conversion_feedback.delivery.duration', {
      description: 'Time from a request for a report to its answer',
      unit: 's',
      advice: { explicitBucketBoundaries: REQUEST_BOUNDS },
    });
    const subscription = this.events.subscribe(this.#counting(meter));
    const stopObserving = this.#observe(meter);
    this.#stop = () => {
      subscription.unsubscribe();
      stopObserving();
      this.#requests = undefined;
    };
  }

  stop(): void {
    this.#stop?.();
  }

  /** Measures how long the provider takes to answer. */
  timed(deliver: Deliver): Deliver {
    return async (report) => {
      if (!this.#requests) return deliver(report);
      const start = this.clock.elapsed();
      const answer = await deliver(report);
      this.#requests?.record((this.clock.elapsed() - start) / 1_000, {
        [ATTRIBUTES.account]: this.account,
        [ATTRIBUTES.answer]: answer.kind,
        [ATTRIBUTES.statusClass]: statusClass(httpStatusOf(answer)),
      });
      return answer;
    };
  }

  #counting(meter: Meter): (event: ConversionFeedbackEvent) => void {
    const counter = (name: string, unit: string, description: string) => {
      const made = meter.createCounter(`conversion_feedback.${name}`, { unit, description });
      return (more: Record<string, string> = {}, value = 1): void =>
        made.add(value, { [ATTRIBUTES.account]: this.account, ...more });
    };
    const tracked = counter('messages.tracked', '{message}', 'Messages that wait for an outcome');
    const expired = counter('messages.expired', '{message}', 'Messages without an outcome in time');
    const unmatched = counter('outcomes.unmatched', '{outcome}', 'Outcomes that settled nothing');
    const dropped = counter('writes.dropped', '{write}', 'What could not be recorded, and is lost');
    // An alert on a counter's increase doesn't see a counter come.
    for (const count of [tracked, expired, unmatched, dropped]) count({}, 0);
    const recorded = counter('reports.recorded', '{report}', 'Reports recorded');
    const delivered = counter('reports.delivered', '{report}', 'Reports that the provider has');
    const retried = counter('reports.retried', '{report}', 'Requests whose report is tried again');
    const failed = counter('reports.failed', '{report}', 'Reports given up, and kept');
    const toConvert = meter.createHistogram('conversion_feedback.conversion.duration', {
      description: 'Time from the sending of a message to its conversion',
      unit: 's',
      advice: { explicitBucketBoundaries: TYPING_BOUNDS },
    });
    return (event) => {
      switch (event.type) {
        case 'tracked':
          return tracked();
        case 'expired':
          return expired();
        case 'unmatched':
          return unmatched();
        case 'dropped':
          return dropped();
        case 'recorded':
          recorded({ [ATTRIBUTES.status]: event.status });
          if (event.timeToConvert !== undefined)
            toConvert.record(event.timeToConvert / 1_000, { [ATTRIBUTES.account]: this.account });
          return;
        case 'delivered':
          return delivered({ [ATTRIBUTES.status]: event.status });
        case 'retrying':
          return retried(troubleOf(event));
        case 'failed':
          return failed(troubleOf(event));
      }
    };
  }

  /** Asks the storage once a collection. Returns what ends that. */
  #observe(meter: Meter): () => void {
    const gauge = (name: string, unit: string, description: string) =>
      meter.createObservableGauge(`conversion_feedback.${name}`, { unit, description });
    const open = gauge('messages.open', '{message}', 'Messages that wait for their outcome');
    const pending = gauge('reports.pending', '{report}', 'Reports on their way');
    const kept = gauge('reports.kept', '{report}', 'Failed reports, kept for a person to look at');
    const paused = gauge('delivery.paused', '{line}', '1 while delivery stands still, by cause');
    const up = gauge('storage.up', '{storage}', '1 while the storage answers');
    const all = [open, pending, kept, paused, up];
    const account = { [ATTRIBUTES.account]: this.account };
    const observe = async (result: BatchObservableResult): Promise<void> => {
      const { pause } = this.condition;
      for (const cause of CAUSES)
        result.observe(paused, cause === pause?.cause ? 1 : 0, {
          ...account,
          [ATTRIBUTES.cause]: cause,
        });
      const counts = await this.condition.counts();
      result.observe(up, counts ? 1 : 0, account);
      // What was seen last says nothing of now: whoever reads it looks at storage.up.
      if (!counts) return;
      result.observe(open, counts.open, account);
      result.observe(pending, counts.pending, account);
      result.observe(kept, counts.failed, account);
    };
    meter.addBatchObservableCallback(observe, all);
    return () => meter.removeBatchObservableCallback(observe, all);
  }
}

function troubleOf({ status, reason }: { status: string; reason: { status?: number } }) {
  return {
    [ATTRIBUTES.status]: status,
    [ATTRIBUTES.statusClass]: statusClass(reason.status),
  };
}
