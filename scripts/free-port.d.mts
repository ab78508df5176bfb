/** A port that nobody listens at now: for programs that can't tell which one they took. */
export function freePort(): Promise<number>;
