/** A straight line through measured points. */
export interface Trend {
  /** Rise for each unit of time. */
  readonly slope: number;
  /** Half of the slope's 95 % interval. */
  readonly uncertainty: number;
}

/** Points that are averaged before the line is drawn: neighbours in time aren't independent. */
const BLOCKS = 20;
/** Standard errors to each side that hold 95 % of the cases, for the freedom that 20 blocks leave. */
const SIDE = 2.1;

/**
 * The least-squares line through points in the order of their time, each `[time, value]`.
 * Of fewer points than three nothing can be said: the uncertainty is Infinity.
 */
export function trendOf(points: readonly (readonly [number, number])[]): Trend {
  const blocks = averaged(points);
  const [meanTime, meanValue] = mean(blocks);
  let timeSquares = 0;
  let products = 0;
  for (const [time, value] of blocks) {
    timeSquares += (time - meanTime) ** 2;
    products += (time - meanTime) * (value - meanValue);
  }
  if (blocks.length < 3) return { slope: 0, uncertainty: Infinity };
  const slope = products / timeSquares;
  const residue = blocks.reduce(
    (sum, [time, value]) => sum + (value - meanValue - slope * (time - meanTime)) ** 2,
    0,
  );
  return { slope, uncertainty: SIDE * Math.sqrt(residue / (blocks.length - 2) / timeSquares) };
}

function averaged(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const size = Math.max(1, Math.floor(points.length / BLOCKS));
  const blocks: (readonly [number, number])[] = [];
  for (let i = 0; i + size <= points.length; i += size)
    blocks.push(mean(points.slice(i, i + size)));
  return blocks;
}

function mean(points: readonly (readonly [number, number])[]): readonly [number, number] {
  const sum = (index: 0 | 1) => points.reduce((total, point) => total + point[index], 0);
  return [sum(0) / points.length, sum(1) / points.length];
}
