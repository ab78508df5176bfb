type Sides = Record<string, (round: number) => Promise<unknown>>;
type Samples<S extends Sides> = { [K in keyof S]: Awaited<ReturnType<S[K]>>[] };

/**
 * Measures each side in turn, A B A B, so that what the machine does meanwhile hits all alike. The
 * first round warms up, and isn't counted.
 */
export async function alternate<S extends Sides>(
  rounds: number,
  sides: S,
  onRound?: (done: number) => void,
): Promise<Samples<S>> {
  const names = Object.keys(sides);
  const samples = Object.fromEntries(names.map((name) => [name, [] as unknown[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await sides[name](round);
      if (round > 0) samples[name].push(sample);
    }
    if (round > 0) onRound?.(round);
  }
  return samples as Samples<S>;
}
