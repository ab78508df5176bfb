import { ConversionStorageHost } from '../conversion-storage.js';
import { Outbox } from './outbox.js';
import { RedisBooks } from './redis-books.js';
import { ReportWorker } from './report-worker.js';

/** Ms between two sweeps. */
const INTERVAL = 1_000;

/** Lets messages expire and be forgotten in time, and learns what happened to the line elsewhere. */
export class Sweeper {
  #running = false;
  #cancel?: () => void;

  constructor(
    private readonly books: RedisBooks,
    private readonly outbox: Outbox,
    private readonly worker: ReportWorker,
    private readonly host: ConversionStorageHost,
  ) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#turn();
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
  }

  #turn(): void {
    // A Redis that is away is said by its connection, and asked again at the next turn.
    Promise.all([this.#sweep(), this.worker.look()])
      .catch(() => {})
      .finally(() => {
        if (this.#running) this.#cancel = this.host.clock.after(INTERVAL, () => this.#turn());
      });
  }

  async #sweep(): Promise<void> {
    const expired = await this.books.sweep();
    this.outbox.send(expired);
    for (const { report } of expired) {
      const { messageUuid, timestamp } = report;
      this.host.emit({ type: 'expired', messageUuid, timestamp });
      this.host.emit({ type: 'recorded', ...report });
    }
  }
}
