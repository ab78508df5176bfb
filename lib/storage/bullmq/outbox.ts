import type { Queue } from 'bullmq';
import { Clock, settlesWithin } from '../../delivery/clock.js';
import { OutboxEntry } from './outbox-entry.js';
import { RedisBooks } from './redis-books.js';
import { ReportJob } from './report-job.js';

/** Ms between two looks for what others left behind. */
const LOOK_INTERVAL = 5_000;
/** An entry that is older than so many ms has been left behind. */
const LEFT_AFTER = 5_000;
/** Reports that become jobs in one go: Redis does nothing else meanwhile. */
const GROUP_SIZE = 200;

/**
 * Makes jobs of recorded reports.
 *
 *     settled ── one script ──> message settled, entry in the outbox ── add ──> job ── zrem ──> entry gone
 *                                        └── whoever looks 5 s later finds it, and adds it ──┘
 *
 * A report is recorded from the script on: that is all a login waits for. Whatever happens between two
 * of these steps, the entry stays until its job is there; a job that is added twice is one, by its id,
 * and a job that comes back after its report was delivered is told so when it is taken.
 */
export class Outbox {
  #waiting: OutboxEntry[] = [];
  #sending?: Promise<void>;
  #cancelLook?: () => void;
  #closed = false;

  constructor(
    private readonly queue: Queue<ReportJob>,
    private readonly books: RedisBooks,
    private readonly clock: Clock,
  ) {
    this.#lookLater();
  }

  /** Makes jobs of these, soon. */
  send(entries: readonly OutboxEntry[]): void {
    if (entries.length === 0) return;
    this.#waiting.push(...entries);
    this.#sending ??= this.#send();
  }

  /** Sends what waits, at most for so many ms: what is left, another process finds. */
  async close(longest: number): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    if (this.#sending) await settlesWithin(this.clock, longest, this.#sending);
  }

  async #send(): Promise<void> {
    // What is recorded within a turn of the event loop goes in one go.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) await this.#sendGroup(this.#waiting.splice(0, GROUP_SIZE));
    } catch {
      // The entries stand in Redis: the next look finds them.
      this.#waiting = [];
    } finally {
      this.#sending = undefined;
    }
  }

  async #sendGroup(entries: readonly OutboxEntry[]): Promise<void> {
    const replaced = entries.flatMap(({ replacedJobId }) => replacedJobId ?? []);
    const [jobs] = await Promise.all([
      this.queue.addBulk(entries.map(jobOf)),
      // One that is in flight can't be removed: it learns that it is superseded at its end.
      ...replaced.map((jobId) => this.queue.remove(jobId)),
    ]);
    if (jobs.length === entries.length) await this.books.sent(entries);
  }

  #lookLater(): void {
    this.#cancelLook = this.clock.after(LOOK_INTERVAL, () => {
      this.#look()
        .catch(() => {})
        .finally(() => {
          if (!this.#closed) this.#lookLater();
        });
    });
  }

  async #look(): Promise<void> {
    const states = ['wait', 'paused', 'active', 'delayed', 'prioritized'];
    const keys = states.map((state) => this.queue.toKey(state));
    this.send(await this.books.leftOver(LEFT_AFTER, GROUP_SIZE, keys));
  }
}

function jobOf({ jobId, report }: OutboxEntry) {
  return {
    name: report.status,
    data: { timestamp: report.timestamp.toISOString() },
    opts: { jobId },
  };
}
