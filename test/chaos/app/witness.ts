import type { ConversionStorage } from 'nestjs-conversion-feedback';
import { chaosTime } from '../harness/time.js';

/** Moments that are remembered of each kind: far more than there are requests at a time. */
const REMEMBERED = 2_000;

/**
 * Notes when a storage confirmed what: the witness of whether a response left before its conversion
 * was recorded, which `recordTimeout` allows.
 */
export class Witness {
  /** Verifications that this process settled, and when that was confirmed. */
  readonly settledAt = new Map<string, number>();
  /** The same of messages. */
  readonly trackedAt = new Map<string, number>();

  /** Watches a storage from now on. */
  watch(storage: ConversionStorage): ConversionStorage {
    const track = storage.track.bind(storage);
    const settle = storage.settle.bind(storage);
    storage.track = async (message) => {
      const tracked = await track(message);
      if (tracked) note(this.trackedAt, message.messageUuid);
      return tracked;
    };
    storage.settle = async (outcome) => {
      const settlement = await settle(outcome);
      note(this.settledAt, outcome.verificationId);
      return settlement;
    };
    return storage;
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
