import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random choices that a seed repeats. */
export class SeededRandom {
  readonly #generator;

  constructor(private readonly seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /**
   * Another source, named by a number: what it yields doesn't depend on how often this one was
   * asked, and so not on timing.
   */
  fork(number: number): SeededRandom {
    return new SeededRandom(
      (Math.imul(this.seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) | 0,
    );
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return uniformFloat64(this.#generator) < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }
}
