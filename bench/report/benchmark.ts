import type { Figure, Samples } from '../rows/row.js';

/** What a run of the benchmark yielded: all that docs/benchmarks.md is made of. */
export interface Benchmark {
  /** ISO 8601. */
  readonly date: string;
  /** As it was typed. */
  readonly command: string;
  readonly rounds: number;
  /** Share of the whole run's sizes. */
  readonly share: number;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly MeasuredRow[];
}

export interface MeasuredRow {
  readonly name: string;
  readonly what: string;
  readonly against: string;
  readonly seconds: number;
  /** Why there are no samples: a report was lost, an answer wrong, or something broke. */
  readonly fault?: string;
  readonly figures: readonly MeasuredFigure[];
}

/** Samples are absent where the row has a fault. */
export type MeasuredFigure = Figure & { readonly samples?: Samples };
