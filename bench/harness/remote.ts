import { join } from 'node:path';
import { filter, firstValueFrom, map, throwError, timeout } from 'rxjs';
import { Child } from '../../test/chaos/harness/child.js';
import type { Answer, Order } from '../processes/serve.js';

const PROCESSES = join(import.meta.dirname, '..', 'processes');
/** Longest time that anything a process is told to do may take, in ms. */
const PATIENCE = 300_000;

type Function = (...given: never[]) => unknown;
/** Names of the commands among a type's members. */
type NameOf<C> = { [K in keyof C]: C[K] extends Function ? K : never }[keyof C] & string;
type Given<C, K extends keyof C> = C[K] extends (...given: infer G) => unknown ? G : never;
type Result<C, K extends keyof C> = C[K] extends (...given: never[]) => infer R
  ? Awaited<R>
  : never;

/** A process of its own, and what it can be told to do. */
export class Remote<C> {
  readonly #child: Child;
  #lastId = 0;

  /** @param script name of a file in processes/ */
  constructor(script: string, settings: object = {}) {
    this.#child = new Child(join(PROCESSES, script), {
      NODE_ENV: 'production',
      BENCH_SETTINGS: JSON.stringify(settings),
    });
  }

  /** Tells it to do something; resolves with the result. Rejects where it fails, or takes minutes. */
  async ask<K extends NameOf<C>>(name: K, ...given: Given<C, K>): Promise<Result<C, K>> {
    const id = ++this.#lastId;
    const tooLate = () => throwError(() => new Error(`${name} took more than ${PATIENCE} ms`));
    const answered = this.#child.told$.pipe(
      map((told) => told as Answer),
      filter((answer) => answer.id === id),
      timeout({ first: PATIENCE, with: tooLate }),
    );
    const answer = firstValueFrom(answered, { defaultValue: undefined });
    const order: Order = { id, name, given };
    this.#child.send(order);
    const { value, error } = (await answer) ?? { error: await this.#end() };
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    return value as Result<C, K>;
  }

  async #end(): Promise<string> {
    return `the process ended (${await this.#child.gone()}): ${this.#child.output}`;
  }

  /** Ends it as nothing can be caught. */
  kill(): Promise<void> {
    return this.#child.kill();
  }
}
