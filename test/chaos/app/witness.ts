import {
  LmdbConversionStorage,
  type Settlement,
  type TrackedMessage,
  type VerificationOutcome,
} from 'nestjs-conversion-feedback';
import { chaosTime } from '../harness/time.js';

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
    if (tracked) this.trackedAt.set(message.messageUuid, chaosTime());
    return tracked;
  }

  override async settle(outcome: VerificationOutcome): Promise<Settlement> {
    const settlement = await super.settle(outcome);
    this.settledAt.set(outcome.verificationId, chaosTime());
    return settlement;
  }
}
