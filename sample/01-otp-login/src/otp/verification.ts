import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { CODE_LIFETIME, MAX_CODES, MAX_TRIES } from './otp.policy.js';

/** A code is one of a million: a plain hash of it could be looked up. Lives and dies with the process. */
const KEY = randomBytes(32);

/** One attempt of a user to prove a phone number. Knows its current code by its digest alone. */
export class Verification {
  /** Random, since the browser gets it: it must tell nothing, and nobody must guess it. */
  readonly id = randomUUID();

  #codes = 0;
  #digest?: Buffer;
  #expiresAt = 0;
  #triesLeft = 0;

  constructor(readonly phoneNumber: string) {}

  /** Counts a code that is about to be sent. False where it had its share. */
  takeCode(): boolean {
    this.#codes += 1;
    return this.#codes <= MAX_CODES;
  }

  /** From now on this code is the right one; the one before isn't any more. */
  expect(code: string): void {
    this.#digest = this.#digestOf(code);
    this.#expiresAt = Date.now() + CODE_LIFETIME * 1000;
    this.#triesLeft = MAX_TRIES;
  }

  get triesLeft(): number {
    return this.#triesLeft;
  }

  /** False once the code is burnt or too old. */
  get isOpen(): boolean {
    return this.#triesLeft > 0 && !this.isExpired;
  }

  get isExpired(): boolean {
    return Date.now() >= this.#expiresAt;
  }

  /** Compares in constant time. A wrong code costs a try. */
  try(code: string): boolean {
    const isRight =
      this.#digest !== undefined && timingSafeEqual(this.#digestOf(code), this.#digest);
    if (!isRight) this.#triesLeft -= 1;
    return isRight;
  }

  #digestOf(code: string): Buffer {
    return createHmac('sha256', KEY).update(`${this.id}:${code}`).digest();
  }
}
