/** Messages sent, and those of them that converted. */
export interface Sample {
  readonly sent: number;
  readonly converted: number;
}

/**
 * How likely it is that chance alone makes the rate of `some` as low as it is, or lower, where its
 * messages convert as those of `normal` do: the p-value of the one-sided two-proportion test in its
 * exact form, Fisher's. The better known z-test takes the same question to a bell curve, which at the
 * dozen messages that a small country sends in an hour is off a hundredfold.
 */
export function chanceOf(some: Sample, normal: Sample): number {
  const sent = some.sent + normal.sent;
  const converted = some.converted + normal.converted;
  if (some.converted * sent > some.sent * converted) return 1;
  // Of all ways to choose the converted among the sent, those that leave `some` with so many of them.
  let term = Math.exp(
    choices(some.sent, some.converted) +
      choices(normal.sent, normal.converted) -
      choices(sent, converted),
  );
  let chance = term;
  let [inSome, inNormal] = [some.converted, normal.converted];
  while (inSome > 0 && inNormal < normal.sent && term > chance * Number.EPSILON) {
    term *= (inSome * (normal.sent - inNormal)) / ((some.sent - inSome + 1) * (inNormal + 1));
    chance += term;
    inSome -= 1;
    inNormal += 1;
  }
  return Math.min(1, chance);
}

/** Logarithm of the number of ways to choose so many of so many. */
function choices(all: number, chosen: number): number {
  return logFactorial(all) - logFactorial(chosen) - logFactorial(all - chosen);
}

const EXACT = Array.from({ length: 32 }).reduce<number[]>(
  (sums) => [...sums, sums.at(-1)! + Math.log(sums.length)],
  [0],
);

/** By Stirling's series from 32 up, where its error is below 1e-13. */
function logFactorial(n: number): number {
  if (n < EXACT.length) return EXACT[n];
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
