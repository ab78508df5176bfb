import type { SandboxStore } from './store.js';

/** Node fires a longer timer at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for what the sandbox has been sent, without polling. */
export class Waits {
  readonly #open = new Set<(reason: Error) => void>();
  #stopped = false;

  constructor(private readonly store: SandboxStore) {}

  /**
   * Resolves with what `find` finds, at once or after a change; rejects at the timeout with what
   * `explain` says, and when the sandbox stops.
   */
  until<T>(find: () => T | undefined, explain: () => string, timeout: number): Promise<T> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    if (this.#stopped) return Promise.reject(new Error(`The sandbox is stopped. ${explain()}`));

    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.store.off('change', look);
        this.#open.delete(fail);
      };
      const fail = (reason: Error): void => {
        end();
        reject(reason);
      };
      const look = (): void => {
        const value = find();
        if (value === undefined) return;
        end();
        resolve(value);
      };
      const timer =
        timeout > LONGEST_TIMER ? undefined : setTimeout(() => fail(new Error(explain())), timeout);
      this.#open.add(fail);
      this.store.on('change', look);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const fail of [...this.#open]) fail(new Error('The sandbox was stopped while waiting.'));
  }
}
