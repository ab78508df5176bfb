import { ConversionStatus } from '../conversion-status.js';
import { Deliver, DeliveryAnswer } from './answer.js';
import { Clock } from './clock.js';
import { DueMoment, QueuedReport, ReportQueue } from './report-queue.js';

/** What is known of the process that delivered before this one did. */
export interface Predecessor {
  /** Ms since its last request, or since the last one it can have made. */
  readonly lastRequestAgo: number;
  /** Whether it ended otherwise than in order. */
  readonly died: boolean;
  /** Whether requests of its may still be in flight, which nobody knows of. */
  readonly leftInFlight: boolean;
}

/** Why the provider wasn't asked: the report kills who delivers it, or another process delivers. */
export type NotAsked = 'deadly' | 'not ours';

/** What caution stands on: see DeliveryLoopHost and DeliverySettings. */
export interface CautionHost {
  readonly clock: Clock;
  readonly mayRequest: () => boolean;
  readonly storageFailed: (error: unknown) => void;
}

interface CautionSettings {
  readonly concurrency: number;
  readonly timeout: number;
}

/** A report on which the process died so often is set aside. */
export const DEATHS = 3;
/** A request that is under way for so many ms has done the process no harm. */
const HARMLESS_AFTER = 500;
/** Reports that are held back at most: behind so many, others wait as well, rather than be looked for. */
const HELD_BACK = 1_000;

/**
 * What a process minds after it took delivery over from another one:
 *
 * - that one died: the first requests go one by one, each noted in the queue before. A report that
 *   kills whoever delivers it is found out, and isn't asked about the third time.
 * - it may have left requests in flight: until their time is over only what they can't contradict
 *   goes out, which is CONVERTED where no other status was on its way.
 */
export class Caution {
  readonly #heldBack = new Set<number>();
  #oneByOne = 0;
  #holdBackUntil = -Infinity;

  constructor(
    private readonly queue: ReportQueue,
    private readonly deliver: Deliver,
    private readonly settings: CautionSettings,
    private readonly host: CautionHost,
  ) {}

  tookOverFrom({ died, leftInFlight, lastRequestAgo }: Predecessor): void {
    if (died) this.#oneByOne = 2 * this.settings.concurrency;
    if (leftInFlight)
      this.#holdBackUntil = this.host.clock.elapsed() - lastRequestAgo + this.settings.timeout;
  }

  /** How many requests may be in flight at a time. */
  get concurrency(): number {
    return this.#oneByOne > 0 ? 1 : this.settings.concurrency;
  }

  holdsBack(key: number): boolean {
    return this.#heldBack.has(key);
  }

  /** Reports that are due and may go. `skip` leaves out what is held back. */
  due(moment: DueMoment, limit: number, skip: (key: number) => boolean): QueuedReport[] {
    if (this.host.clock.elapsed() >= this.#holdBackUntil) {
      this.#heldBack.clear();
      return this.queue.due(moment, limit, skip);
    }
    while (this.#heldBack.size < HELD_BACK) {
      const due = this.queue.due(moment, limit, skip);
      const contestable = due.filter(
        ({ status, replaces }) => replaces || status !== ConversionStatus.CONVERTED,
      );
      if (contestable.length === 0) return due;
      for (const { key } of contestable) this.#heldBack.add(key);
    }
    return [];
  }

  /** Resolves to what the provider said, or why it wasn't asked. */
  async ask(report: QueuedReport): Promise<DeliveryAnswer | NotAsked> {
    if (this.#oneByOne === 0) return this.deliver(report);
    this.#oneByOne -= 1;
    if ((await this.queue.begin(report)) >= DEATHS) return 'deadly';
    const survived = (): void => {
      this.queue.survived(report).catch((error: unknown) => this.host.storageFailed(error));
    };
    if (!this.host.mayRequest()) {
      survived();
      return 'not ours';
    }
    const cancel = this.host.clock.after(HARMLESS_AFTER, survived);
    return this.deliver(report).finally(cancel);
  }
}
