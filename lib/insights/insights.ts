/** How messages did. Times are in ms. */
export interface InsightsFigures {
  /** Messages sent: those that were tracked. Messages reported by their message_uuid alone aren't. */
  readonly sent: number;
  /** Those of them that are CONVERTED by now. */
  readonly converted: number;
  /** `converted` by `sent`, from 0 to 1; null where none was sent. Young messages may still convert. */
  readonly rate: number | null;
  /** Half of those that converted took no longer; null where none did. */
  readonly medianTimeToConvert: number | null;
  /** 95 % of those that converted took no longer; null where none did. */
  readonly p95TimeToConvert: number | null;
  /** Their reports that are on their way now. */
  readonly pending: number;
  /** Their reports that are kept as failed now. */
  readonly failed: number;
}

/** How the messages did that were sent within an hour. */
export interface HourInsights extends InsightsFigures {
  /** Its start; hours are those of UTC. */
  readonly hour: Date;
}

/** How messages did, as a whole and by the hour. */
export interface InsightsSeries extends InsightsFigures {
  /** The hours in which any were sent, oldest first. */
  readonly hours: HourInsights[];
}

/** A time in which a country's conversion rate was clearly below its own normal. */
export interface InsightsDrop {
  /** When it began; that may be before the range. */
  readonly since: Date;
  /** When it was seen to be over, at most 7 days later; null where it lasted at the range's end. */
  readonly until: Date | null;
}

/** How the messages to a country did. */
export interface CountryInsights extends InsightsSeries {
  /**
   * ISO 3166-1 alpha-2 code; the empty string stands for messages whose country isn't known: tracked
   * without `dst`, or to a number that belongs to no country, or to several.
   */
  readonly country: string;
  /** Drops that lasted within the range, oldest first. */
  readonly drops: InsightsDrop[];
}

/** How messages did over a span of time: what `insights()` returns. */
export interface Insights {
  /** Start of the first hour. */
  readonly from: Date;
  /** End of the last hour. */
  readonly to: Date;
  /** All messages together. */
  readonly total: InsightsSeries;
  /** Each country that messages were sent to, that with the most messages first. */
  readonly countries: CountryInsights[];
}
