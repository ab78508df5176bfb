/** The value below which a share of the values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Times of what is judged and of its peer, measured side by side at nearly the same moment. */
export interface Slice {
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

/** How many times the other's a quantile is, with the bounds that hold in 95 % of the cases. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 200;

/**
 * Compares a quantile over all slices. The bounds come from drawing slices again, with replacement:
 * a hiccup of the machine hits neighbours, so that single values aren't independent.
 */
export function ratioOf(
  slices: readonly Slice[],
  share: number,
  random: { integer(min: number, max: number): number },
): Ratio {
  const of = (some: readonly Slice[]): number =>
    quantile(
      some.flatMap(({ ours }) => ours),
      share,
    ) /
    quantile(
      some.flatMap(({ peer }) => peer),
      share,
    );
  const draw = () => slices.map(() => slices[random.integer(0, slices.length - 1)]);
  const drawn = Array.from({ length: RESAMPLES }, () => of(draw()));
  return { value: of(slices), low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
}
