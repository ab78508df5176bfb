import { BUCKET, InsightsBucket, PROMPT, SLOT, SLOTS } from './bucket.js';
import { Sample } from './drop-test.js';
import { DropSpan, dropsOf } from './drops.js';

/** What is kept of a bucket. */
interface Hour extends Pick<InsightsBucket, 'counters'> {
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
  #drops?: DropSpan[];

  /** Puts an hour's bucket in the place of what was known of that hour. */
  set({ hour, counters }: InsightsBucket): void {
    const { droppedAt, recoveredAt } = counters;
    const samples = slots.map((slot) => ({
      sent: counters[`sent${slot}`] ?? 0,
      converted: counters[`prompt${slot}`] ?? 0,
    }));
    const whole = { sent: 0, converted: 0 };
    for (const sample of samples) add(whole, sample);
    this.#hours.set(hour, { counters: { droppedAt, recoveredAt }, whole, slots: samples });
    this.#drops = undefined;
  }

  /** Forgets the hours before a moment. Returns whether any is left. */
  forget(before: number): boolean {
    for (const hour of this.#hours.keys()) {
      if (hour >= before) continue;
      this.#hours.delete(hour);
      this.#drops = undefined;
    }
    return this.#hours.size > 0;
  }

  /** Times in which the rate was below its normal, oldest first. */
  get drops(): readonly DropSpan[] {
    return (this.#drops ??= dropsOf([...this.#hours.values()]));
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
