/** The most moments that lie within any span of so many ms. */
export function mostWithin(moments: readonly number[], span: number): number {
  const sorted = [...moments].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  sorted.forEach((moment, last) => {
    while (sorted[first] <= moment - span) first += 1;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

/** Median and maximum of some durations in ms, in words. */
export function spread(durations: readonly number[]): string {
  if (durations.length === 0) return 'none';
  const sorted = [...durations].sort((a, b) => a - b);
  const ms = (at: number) => `${Math.round(sorted[at]).toLocaleString('en')} ms`;
  return `median ${ms(Math.floor(sorted.length / 2))}, most ${ms(sorted.length - 1)}`;
}
