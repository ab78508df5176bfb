import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { Child } from './child.js';

/** Longest wait for the lock, in ms. */
const PATIENCE = 60_000;

/** A process that takes a store's write lock, and is stopped while it holds it. */
export class LockHolder {
  /** Resolves once it has opened the store. */
  readonly isReady: Promise<unknown>;
  readonly #child: Child;

  constructor(store: string) {
    this.#child = new Child('lock-holder.js', { CHAOS_STORE: store });
    this.isReady = firstValueFrom(this.#child.told$, { defaultValue: undefined });
  }

  /** Resolves once it is stopped. */
  async hold(): Promise<void> {
    await this.isReady;
    this.#child.send({});
    const giveUpAt = performance.now() + PATIENCE;
    while (!this.#stopped()) {
      if (performance.now() > giveUpAt)
        throw new Error(`The lock isn't held after ${PATIENCE} ms:\n${this.#child.output}`);
      await sleep(5);
    }
  }

  async kill(): Promise<void> {
    await this.#child.kill();
  }

  #stopped(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'));
  }
}
