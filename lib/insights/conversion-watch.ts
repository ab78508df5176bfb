import { LoggerService } from '@nestjs/common';
import { ConversionFeedbackEvent } from '../conversion-feedback.events.js';
import { Clock } from '../delivery/clock.js';
import { ConversionStorage } from '../storage/conversion-storage.js';
import { BUCKET, hourOf, hoursKept } from './bucket.js';
import { Drop, LOOKED_BACK, findDrop, hasNormal, isOver, significance } from './drop-detector.js';
import { CountryHistory, lastRipe } from './history.js';

/** Ms between two looks whether another ten minutes' messages have had their time. */
const LOOK_INTERVAL = 60_000;
/** Ms back from the last look that are read anew: it is counted there since, and marked. */
const READ_ANEW = 3_600_000;
/** Hours, in ms, that are read in one go. */
const READ_AT_ONCE = 24 * BUCKET;

/** What the watch stands on. */
export interface ConversionWatchHost {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly emit: (event: ConversionFeedbackEvent) => void;
}

/**
 * Watches each country's conversion rate, and says when it drops clearly below its own normal.
 *
 *     normal ── the rate is clearly lower ──> dropped ── it is back, or seven days pass ──> normal
 *
 * What that means stands in drop-detector.ts. A country's state stands in the storage, as marks in its
 * buckets: it outlives the process, and is known for as long as those are kept. Of all processes that
 * see a change, the one that sets the mark says it. A storage that fails is asked again a minute later.
 */
export class ConversionWatch {
  readonly #countries = new Map<string, CountryHistory>();
  #readUpTo?: number;
  #lookedAt?: number;
  #running = false;
  #cancelLook?: () => void;

  constructor(
    private readonly storage: Pick<ConversionStorage, 'insights' | 'markInsights'>,
    private readonly host: ConversionWatchHost,
  ) {}

  start(): void {
    this.#running = true;
    this.#schedule();
  }

  /** From now on nothing is said. */
  stop(): void {
    this.#running = false;
    this.#cancelLook?.();
  }

  #schedule(): void {
    this.#cancelLook = this.host.clock.after(LOOK_INTERVAL, () => {
      // The storage says by itself what is wrong with it.
      void this.#look()
        .catch(() => {})
        .finally(() => this.#running && this.#schedule());
    });
  }

  async #look(): Promise<void> {
    const now = this.host.clock.now();
    if (lastRipe(now) === this.#lookedAt) return;
    await this.#read(now);
    const histories = [...this.#countries.values()];
    const alpha = significance(histories.filter((history) => hasNormal(history, now)).length);
    for (const [country, history] of this.#countries) {
      if (!this.#running) return;
      const last = history.drops.at(-1);
      if (last && last.until === undefined) {
        if (isOver(history, last.since, now)) await this.#recovered(country, last.since, now);
      } else {
        const drop = findDrop(history, now, alpha);
        if (drop) await this.#dropped(country, drop, now);
      }
    }
    this.#lookedAt = lastRipe(now);
  }

  async #read(now: number): Promise<void> {
    const counted = hourOf(now - LOOKED_BACK);
    const marked = hoursKept(now).from;
    const first = Math.max(marked, hourOf(Math.min(now, this.#readUpTo ?? 0) - READ_ANEW));
    for (let from = first; from < now; from += READ_AT_ONCE) {
      const to = Math.min(from + READ_AT_ONCE, now);
      for (const bucket of await this.storage.insights({ from, to })) {
        const history = this.#countries.get(bucket.country) ?? new CountryHistory();
        if (bucket.hour >= counted) history.count(bucket);
        history.mark(bucket);
        this.#countries.set(bucket.country, history);
      }
    }
    for (const [country, history] of this.#countries)
      if (!history.forget(counted, marked)) this.#countries.delete(country);
    this.#readUpTo = now;
  }

  async #dropped(country: string, drop: Drop, now: number): Promise<void> {
    const { since, until, sent, rate, normalRate } = drop;
    const mark = { country, hour: hourOf(now), name: 'droppedAt', at: since } as const;
    if (!(await this.storage.markInsights(mark))) return;
    const span = { since: new Date(since), until: new Date(until) };
    this.host.logger.warn(
      `Conversions to ${named(country)} dropped: ${percent(rate)} of the ${sent} messages sent from ${span.since.toISOString()} to ${span.until.toISOString()} converted within 5 minutes, normally ${percent(normalRate)} do`,
    );
    this.host.emit({ type: 'conversionDropped', country, rate, normalRate, sent, ...span });
  }

  async #recovered(country: string, since: number, now: number): Promise<void> {
    const mark = { country, hour: hourOf(now), name: 'recoveredAt', at: now } as const;
    if (!(await this.storage.markInsights(mark))) return;
    this.host.logger.log(`Conversions to ${named(country)} are normal again`);
    this.host.emit({ type: 'conversionRecovered', country, since: new Date(since) });
  }
}

function named(country: string): string {
  return country === '' ? 'numbers of no known country' : country;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(0)} %`;
}
