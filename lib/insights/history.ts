import { BUCKET, InsightsBucket, PROMPT, SLOT, SLOTS } from './bucket.js';
import { Sample } from './drop-test.js';
import { DropSpan, dropsOf } from './drops.js';

/** What is kept of the messages sent in an hour. */
interface Hour {
  readonly whole: Sample;
  readonly slots: readonly Sample[];
}

const slots = Array.from({ length: SLOTS }, (_, slot) => slot);

/**
 * How the messages to one country did, by the ten minutes in which they were sent. A message counts as
 * converted where it did so within 5 minutes: so that old ones and young ones can be compared.
 */
export class CountryHistory {
  readonly #hours = new Map<number, Hour>();
  readonly #marked = new Map<number, Pick<InsightsBucket, 'counters'>>();
  #drops?: DropSpan[];

  /** Puts what a bucket counts in the place of what was known of that hour. */
  count({ hour, counters }: InsightsBucket): void {
    const samples = slots.map((slot) => ({
      sent: counters[`sent${slot}`] ?? 0,
      converted: counters[`prompt${slot}`] ?? 0,
    }));
    const whole = { sent: 0, converted: 0 };
    for (const sample of samples) add(whole, sample);
    this.#hours.set(hour, { whole, slots: samples });
  }

  /** Takes over a bucket's marks. */
  mark({ hour, counters: { droppedAt, recoveredAt } }: InsightsBucket): void {
    if (droppedAt === undefined && recoveredAt === undefined) return;
    this.#marked.set(hour, { counters: { droppedAt, recoveredAt } });
    this.#drops = undefined;
  }

  /**
   * Forgets what was counted before a moment, and what was marked before another: a drop is marked
   * earlier than most of its messages are sent. Returns whether anything is left.
   */
  forget(countedBefore: number, markedBefore: number): boolean {
    for (const hour of this.#hours.keys()) if (hour < countedBefore) this.#hours.delete(hour);
    for (const hour of this.#marked.keys()) {
      if (hour >= markedBefore) continue;
      this.#marked.delete(hour);
      this.#drops = undefined;
    }
    return this.#hours.size + this.#marked.size > 0;
  }

  /** Times in which the rate was below its normal, oldest first. */
  get drops(): readonly DropSpan[] {
    return (this.#drops ??= dropsOf([...this.#marked.values()]));
  }

  /** What was sent from a moment up to, not including, another; both are starts of slots. */
  sample(from: number, to: number): Sample {
    return this.#sum(from, to, []);
  }

  /** The same without what was sent in a drop. */
  sampleOfNormal(from: number, to: number): Sample {
    return this.#sum(from, to, this.drops);
  }

  #sum(from: number, to: number, without: readonly DropSpan[]): Sample {
    const sum = { sent: 0, converted: 0 };
    for (const [hour, { whole, slots }] of this.#hours) {
      const end = hour + BUCKET;
      if (end <= from || hour >= to) continue;
      if (hour >= from && end <= to && !touches(without, hour, end)) add(sum, whole);
      else {
        for (const [slot, sample] of slots.entries()) {
          const at = hour + slot * SLOT;
          if (at >= from && at < to && !touches(without, at, at + SLOT)) add(sum, sample);
        }
      }
    }
    return sum;
  }
}

/** End of the last slot whose messages have all had their 5 minutes. */
export function lastRipe(now: number): number {
  return Math.floor((now - PROMPT) / SLOT) * SLOT;
}

function add(sum: { sent: number; converted: number }, sample: Sample): void {
  sum.sent += sample.sent;
  sum.converted += sample.converted;
}

function touches(drops: readonly DropSpan[], from: number, to: number): boolean {
  return drops.some(({ since, until = Infinity }) => since < to && until > from);
}
