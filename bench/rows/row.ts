/** How ours is held against the peer: by the ratio of the medians, their difference, or alone. */
export type Comparison = 'ratio' | 'difference' | 'alone';

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A number that a row yields. */
export interface Figure {
  readonly name: string;
  /** Of the samples. */
  readonly unit: string;
  readonly compare: Comparison;
  /** Absent where it is shown to be seen beside another. */
  readonly goal?: Goal;
  /** What it is held against, where that isn't what the row is. */
  readonly against?: string;
}

/** What was measured of a figure, in the order of the rounds. */
export interface Samples {
  readonly ours: readonly number[];
  readonly peer?: readonly number[];
}

export interface RowOptions {
  /** How many times each side is measured. */
  readonly rounds: number;
  /** A number of requests or reports, as it is in the whole run; a quick look takes fewer. */
  readonly size: (whole: number) => number;
  /** The same of a time in ms. */
  readonly span: (whole: number) => number;
  readonly onRound?: (done: number) => void;
}

/**
 * A promise in numbers, and how it is measured: ours and the peer in turn, in one run.
 * `measure` rejects where a report was lost or an answer was wrong: then the row has no figure.
 */
export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly what: string;
  readonly against: string;
  readonly figures: readonly Figure[];
  /** Samples of each figure, by its name. */
  measure(options: RowOptions): Promise<Record<string, Samples>>;
}

/** @throws where something isn't as it must be for a figure to mean anything */
export function assertRight(right: boolean, otherwise: string): asserts right {
  if (!right) throw new Error(otherwise);
}
