type Sides = Record<string, (round: number) => Promise<number>>;

/**
 * Measures each side in turn, A B A B, so that what the machine does meanwhile hits all alike. The
 * first round warms up, and isn't counted.
 */
export async function alternate<S extends Sides>(
  rounds: number,
  sides: S,
  onRound?: (done: number) => void,
): Promise<Record<keyof S, number[]>> {
  const names = Object.keys(sides) as (keyof S & string)[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await sides[name](round);
      if (round > 0) samples[name].push(sample);
    }
    if (round > 0) onRound?.(round);
  }
  return samples as Record<keyof S, number[]>;
}
