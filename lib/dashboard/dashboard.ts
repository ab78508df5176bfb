import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { FailedReport } from '../conversion-report.js';
import { CountryInsights, InsightsSeries } from '../insights/insights.js';
import { ConversionCounts } from '../storage/conversion-storage.js';
import { FailingReport, OngoingDelivery, Pause } from './ongoing-delivery.js';

const HOUR = 3_600_000;

/** The ranges that can be chosen, in ms. */
export const RANGES: Readonly<Record<string, number>> = {
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
};

/** What the page asks for. */
export interface DashboardQuery {
  /** Ms up to now. */
  readonly range: number;
  /** As in `CountryInsights`; undefined: all. */
  readonly country?: string;
}

/** What the page shows. Dates become ISO 8601 on the wire. */
export interface DashboardData {
  readonly account: string;
  readonly from: Date;
  readonly to: Date;
  /** The chosen country's messages, or all. */
  readonly chosen: InsightsSeries;
  /** Without hours: those of all countries over 30 days would be megabytes. */
  readonly countries: Omit<CountryInsights, 'hours'>[];
  readonly counts: ConversionCounts;
  readonly pause?: Pause;
  readonly failing: FailingReport[];
  /** The latest 100. */
  readonly failed: FailedReport[];
}

const NOTHING: InsightsSeries = {
  sent: 0,
  converted: 0,
  rate: null,
  medianTimeToConvert: null,
  p95TimeToConvert: null,
  pending: 0,
  failed: 0,
  hours: [],
};

/** An account, as its dashboard shows it. */
export class Dashboard {
  readonly #delivery: OngoingDelivery;

  constructor(
    private readonly account: string,
    private readonly feedback: ConversionFeedbackService,
  ) {
    this.#delivery = new OngoingDelivery(feedback.events$);
  }

  /** @throws StorageError where the storage can't be read now */
  async read({ range, country }: DashboardQuery): Promise<DashboardData> {
    const now = Date.now();
    const [{ from, to, total, countries }, counts, failed] = await Promise.all([
      this.feedback.insights({ from: new Date(now - range), to: new Date(now) }),
      this.feedback.counts(),
      this.feedback.failed({ limit: 100 }),
    ]);
    const chosen = country === undefined ? total : countries.find((one) => one.country === country);
    return {
      account: this.account,
      from,
      to,
      chosen: chosen ?? NOTHING,
      countries: countries.map(withoutHours),
      counts,
      pause: this.#delivery.pause,
      failing: this.#delivery.failing,
      failed,
    };
  }

  /**
   * Puts failed reports back on their way.
   * @param messageUuid only this message's; undefined: all
   * @returns how many
   * @throws InvalidReportError for a bad uuid
   * @throws StorageError where the storage fails
   */
  retry(messageUuid?: string): Promise<number> {
    return this.feedback.retryFailed(messageUuid);
  }
}

function withoutHours(country: CountryInsights): Omit<CountryInsights, 'hours'> {
  const { hours, ...figures } = country;
  void hours;
  return figures;
}
