import { Injectable } from '@nestjs/common';
import { Verification } from './verification.js';

/** How many verifications are kept at a time. */
const CAPACITY = 10_000;

/**
 * The verifications that are under way, in memory: with more than one process put them where all of
 * them look, for example in Redis with a time to live.
 */
@Injectable()
export class VerificationStore {
  /** Oldest first. */
  readonly #verifications = new Map<string, Verification>();

  add(verification: Verification): void {
    this.#verifications.set(verification.id, verification);
    for (const oldest of this.#verifications.values()) {
      if (this.#verifications.size <= CAPACITY && !oldest.isExpired) break;
      this.#verifications.delete(oldest.id);
    }
  }

  /** Undefined where it is unknown, or its code is too old. */
  find(id: string): Verification | undefined {
    const verification = this.#verifications.get(id);
    return verification?.isExpired ? undefined : verification;
  }

  remove(verification: Verification): void {
    this.#verifications.delete(verification.id);
  }
}
