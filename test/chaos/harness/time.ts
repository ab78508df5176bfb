/**
 * Ms since 1970 by a clock that nobody sets: the machine's clock since its start, one for all of its
 * processes, moved once to where the wall clock stood when the harness began. Moments told by
 * different processes can be compared, also while one of them has its wall clock stepped.
 */
export function chaosTime(): number {
  return epoch + sinceMachineStart();
}

/** The environment that gives a child the same clock. */
export function clockEnvironment(): Record<string, string> {
  return { CHAOS_EPOCH: String(epoch) };
}

const epoch = Number(process.env.CHAOS_EPOCH ?? Date.now() - sinceMachineStart());

function sinceMachineStart(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
