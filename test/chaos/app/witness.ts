import {
  LmdbConversionStorage,
  type Settlement,
  type TrackedMessage,
  type VerificationOutcome,
} from 'nestjs-conversion-feedback';
import { chaosTime } from '../harness/time.js';

/** Moments that are remembered of each kind: far more than there are requests at a time. */
const REMEMBERED = 2_000;

/**
 * The store, and when it confirmed what: the witness of whether a response left before its
 * conversion was recorded, which `recordTimeout` allows.
 */
export class WitnessedStorage extends LmdbConversionStorage {
  /** Verifications that this process settled, and when that was confirmed. */
  readonly settledAt = new Map<string, number>();
  /** The same of messages. */
  readonly trackedAt = new Map<string, number>();

  override async track(message: TrackedMessage): Promise<boolean> {
    const tracked = await super.track(message);
    if (tracked) note(this.trackedAt, message.messageUuid);
    return tracked;
  }

  override async settle(outcome: VerificationOutcome): Promise<Settlement> {
    const settlement = await super.settle(outcome);
    note(this.settledAt, outcome.verificationId);
    return settlement;
  }
}

function note(moments: Map<string, number>, id: string): void {
  moments.delete(id);
  moments.set(id, chaosTime());
  if (moments.size <= REMEMBERED) return;
  for (const oldest of moments.keys()) {
    moments.delete(oldest);
    return;
  }
}
