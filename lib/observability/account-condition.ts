import { Observable } from 'rxjs';
import { ConversionFeedbackEvent, PauseCause } from '../conversion-feedback.events.js';
import { Clock, settlesWithin } from '../delivery/clock.js';
import type { Recorder } from '../recording/recorder.js';
import { ConversionCounts, ConversionStorage } from '../storage/conversion-storage.js';

/** A storage that says nothing for so many ms is down, as far as a probe or a scrape may wait. */
const LONGEST_ANSWER = 1_000;

/** Delivery stands still, as far as this process knows. */
export interface Pause {
  readonly cause: PauseCause;
  readonly since: Date;
  /** HTTP status of the answer that said so; absent where none came. */
  readonly status?: number;
}

/** How an account is at a moment. */
export interface Condition {
  readonly pause?: Pause;
  /** Whether what happens now can be recorded. */
  readonly isRecording: boolean;
  /** Whether the storage answers. */
  readonly isStorageUp: boolean;
  readonly oldestPending?: Date;
  /** Ms since the oldest pending report was due to be told; 0 where nothing is pending. */
  readonly oldestPendingAge: number;
}

/** What metrics and health checks ask of an account. Never rejects, and never waits for long. */
export class AccountCondition {
  #pause?: Pause;

  constructor(
    events: Observable<ConversionFeedbackEvent>,
    private readonly storage: ConversionStorage,
    private readonly recorder: Pick<Recorder, 'isSick'>,
    private readonly clock: Clock,
  ) {
    // Ends with the app: the bus completes.
    events.subscribe((event) => {
      if (event.type === 'paused') {
        const { cause, reason } = event;
        this.#pause = { cause, since: new Date(clock.now()), status: reason.status };
      }
      if (event.type === 'resumed') this.#pause = undefined;
    });
  }

  get pause(): Pause | undefined {
    return this.#pause;
  }

  /** Undefined where the storage doesn't answer. */
  async counts(): Promise<ConversionCounts | undefined> {
    return (await this.#ask(() => this.storage.counts()))?.answer;
  }

  async read(): Promise<Condition> {
    const oldest = await this.#ask(() => this.storage.oldestPending());
    const oldestPending = oldest?.answer;
    const now = this.clock.now();
    return {
      pause: this.#pause,
      isRecording: !this.recorder.isSick,
      isStorageUp: oldest !== undefined,
      oldestPending,
      oldestPendingAge: oldestPending ? Math.max(0, now - oldestPending.getTime()) : 0,
    };
  }

  async #ask<T>(question: () => Promise<T>): Promise<{ answer: T } | undefined> {
    try {
      const asked = question();
      const inTime = await settlesWithin(this.clock, LONGEST_ANSWER, asked);
      return inTime ? { answer: await asked } : undefined;
    } catch {
      return undefined;
    }
  }
}
