import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { Child } from './child.js';

/** A process that takes a store's write lock, and is stopped while it holds it. */
export class LockHolder {
  readonly #child: Child;

  constructor(store: string) {
    this.#child = new Child('lock-holder.js', { CHAOS_STORE: store });
  }

  /** Resolves once it is stopped. */
  async hold(): Promise<void> {
    await firstValueFrom(this.#child.told$);
    this.#child.send({});
    while (!this.#stopped()) await sleep(5);
  }

  async kill(): Promise<void> {
    await this.#child.kill();
  }

  #stopped(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'));
  }
}
