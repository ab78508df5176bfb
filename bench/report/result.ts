import { median, quantile, sampleWithReplacement } from 'simple-statistics';
import { SeededRandom } from '../../test/chaos/harness/random.js';
import type { Comparison, Goal, Samples } from '../rows/row.js';
import type { MeasuredFigure } from './benchmark.js';

/** What the samples of a figure come to, with the bounds that hold in 95 % of the cases. */
export interface Result {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How a figure stands to its goal. */
export type Verdict = 'met' | 'missed' | 'no figure' | 'shown';

const RESAMPLES = 2_000;
const FINENESS = 2 ** 24;

/**
 * Holds the medians against each other. The bounds come from drawing rounds again, with replacement;
 * ours and the peer of one round are drawn together, since what the machine did then hit both.
 */
export function resultOf({ compare, samples }: MeasuredFigure): Result | undefined {
  if (samples === undefined) return undefined;
  const { ours, peer = [] } = samples;
  const rounds = ours.map((sample, round) => ({ ours: sample, peer: peer[round] }));
  const random = new SeededRandom(1);
  const fraction = () => random.integer(0, FINENESS - 1) / FINENESS;
  const drawn = Array.from({ length: RESAMPLES }, () =>
    compared(compare, sampleWithReplacement(rounds, rounds.length, fraction)),
  );
  return {
    value: compared(compare, rounds),
    low: quantile(drawn, 0.025),
    high: quantile(drawn, 0.975),
  };
}

function compared(
  compare: Comparison,
  rounds: readonly { readonly ours: number; readonly peer: number }[],
): number {
  const ours = median(rounds.map((round) => round.ours));
  if (compare === 'alone') return ours;
  const peer = median(rounds.map((round) => round.peer));
  return compare === 'ratio' ? ours / peer : ours - peer;
}

export function verdictOf(figure: MeasuredFigure): Verdict {
  const { goal } = figure;
  const result = resultOf(figure);
  if (result === undefined) return 'no figure';
  if (goal === undefined) return 'shown';
  return reaches(result.value, goal) ? 'met' : 'missed';
}

function reaches(value: number, { atMost = Infinity, atLeast = -Infinity }: Goal): boolean {
  return value <= atMost && value >= atLeast;
}

/** How near a value is to its goal: 1 where it just reaches it, less where it is better. */
export function shareOfGoal(value: number, { atMost, atLeast }: Goal): number {
  return atMost === undefined ? atLeast! / value : value / atMost;
}

/** Median of the samples of one side; undefined where it has none. */
export function medianOf(samples: Samples['peer']): number | undefined {
  return samples === undefined || samples.length === 0 ? undefined : median([...samples]);
}
