import fc from 'fast-check';

const { MODEL_SHARE, MODEL_SEED, MODEL_PATH } = process.env;

/** How long a whole figure may take, in ms. */
export const LONGEST = 7_200_000;

/**
 * How much of the whole figure runs: the share of it that MODEL_SHARE names, all of it with
 * `npm run model`, a part of it in the tests.
 * @param whole the figure that is promised
 * @param part what fits in the tests
 */
export function runs(whole: number, part: number): number {
  return MODEL_SHARE === undefined ? part : Math.ceil(whole * Number(MODEL_SHARE));
}

/** With MODEL_SEED and MODEL_PATH, as a failure prints them, the same sequence runs again. */
export function parameters<T>(numRuns: number): fc.Parameters<T> {
  return {
    numRuns,
    ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }),
    ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH, endOnFailure: true }),
  };
}
