const RealDate = Date;
let shift = 0;

/** A Date that runs ahead of the real one, or behind. */
class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [ShiftedDate.now()] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + shift;
  }
}

/** Steps this process's wall clock to so many ms beside the real time, as a bad NTP server would. */
export function stepClock(ms: number): void {
  shift = ms;
  globalThis.Date = ShiftedDate as DateConstructor;
}
