import { SeededRandom } from '../chaos/harness/random.js';

/** A verification of a simulated day. */
export interface SimulatedVerification {
  readonly country: string;
  readonly sentAt: number;
  /** When the user gets the code right; undefined: never. */
  readonly convertedAt?: number;
}

interface Country {
  readonly name: string;
  /** How many messages go there, compared with the others. */
  readonly weight: number;
  /** Its conversion rate at a moment. */
  readonly rateAt: (moment: number) => number;
}

/** Median time to convert, in ms, and its spread: 5 % take longer than two minutes. */
const MEDIAN = 25_000;
const SPREAD = 0.95;

/** Verifications spread over a span of time, in the order of their messages. */
export function traffic(
  random: SeededRandom,
  { from, length, count }: { from: number; length: number; count: number },
  countries: readonly Country[],
): SimulatedVerification[] {
  const chosen = countries.flatMap((country) => Array<Country>(country.weight).fill(country));
  const moments = Array.from({ length: count }, () => from + random.integer(0, length - 1));
  return moments
    .sort((one, other) => one - other)
    .map((sentAt) => {
      const { name: country, rateAt } = random.pick(chosen);
      if (!random.chance(rateAt(sentAt))) return { country, sentAt };
      return { country, sentAt, convertedAt: sentAt + timeToConvert(random) };
    });
}

/** Log-normal, as waiting times are. */
function timeToConvert(random: SeededRandom): number {
  const normal =
    Math.sqrt(-2 * Math.log(random.integer(1, 1_000_000) / 1_000_000)) *
    Math.cos((2 * Math.PI * random.integer(0, 999_999)) / 1_000_000);
  return Math.round(MEDIAN * Math.exp(SPREAD * normal));
}
