import type { Received } from './protocol.js';

/** Reports that the provider took more than once with the same status, and why. */
export interface Repeats {
  /** The process died between the provider's answer and our note of it. */
  readonly byKill: number;
  /** Another process took over delivery between the answer and the note of it. */
  readonly byHandover: number;
  /** The answer never arrived: it was cut on its way. */
  readonly byCut: number;
  /** Neither. There must be none. */
  readonly unexplained: readonly Unexplained[];
  /** The most that a single kill caused. */
  readonly mostByOneKill: number;
  /** Messages of which two requests were under way at once. There must be none. */
  readonly atOnce: readonly string[];
}

/** A repeat without a reason, and what may help to find it. All in ms. */
export interface Unexplained {
  readonly messageUuid: string;
  /** From the last kill before it until the first report came; absent where there was none. */
  readonly sinceKill?: number;
  /** How long the provider took to answer that. */
  readonly answeredIn: number;
  /** From that answer until the report came again. */
  readonly againAfter: number;
}

/** Ms after which the provider has surely heard that the process at the other end is gone. */
const HEARD_OF = 100;

/** Two processes changed places, at some moment between these two. */
export interface Handover {
  readonly from: number;
  readonly to: number;
}

/** What may excuse a repeat. */
export interface Excuses {
  /** When processes were killed, in order. */
  readonly killedAt?: readonly number[];
  readonly handovers?: readonly Handover[];
  /** When the provider cut all its connections. */
  readonly cutAt?: readonly number[];
  /** When requests left the service, as far as that is known: the provider may get to them later. */
  readonly asked?: readonly { readonly messageUuid: string; readonly at: number }[];
}

export function findRepeats(
  requests: readonly Received[],
  { killedAt = [], handovers = [], cutAt = [], asked = [] }: Excuses,
): Repeats {
  const askedFor = byMessage(asked);
  const perKill = new Map<number, number>();
  const unexplained: Unexplained[] = [];
  const atOnce: string[] = [];
  let byCut = 0;
  let byHandover = 0;
  for (const [messageUuid, ofMessage] of byMessage(requests)) {
    const overlap = ofMessage.some(
      ({ receivedAt }, i) => i > 0 && receivedAt < (ofMessage[i - 1].answeredAt ?? Infinity),
    );
    if (overlap) atOnce.push(messageUuid);
    const taken = ofMessage.filter((request) => request.taken);
    for (let i = 1; i < taken.length; i += 1) {
      const [before, after] = [taken[i - 1], taken[i]];
      if (before.reported !== after.reported) continue;
      const until =
        before.status === undefined ? (before.answeredAt ?? Infinity) + HEARD_OF : after.receivedAt;
      const left = askedFor.get(messageUuid)?.findLast(({ at }) => at <= before.receivedAt);
      const from = left?.at ?? before.receivedAt;
      // What ended the request came last: the process before it may have ended while it was made.
      const kill = killedAt.findLast((at) => at >= from && at <= until);
      if (kill !== undefined) perKill.set(kill, (perKill.get(kill) ?? 0) + 1);
      else if (before.status === undefined || cutAt.some((at) => wasOnItsWay(before, at)))
        byCut += 1;
      else if (
        handovers.some(({ from, to }) => from <= after.receivedAt && to >= before.receivedAt)
      )
        byHandover += 1;
      else unexplained.push(unexplainedOf(messageUuid, before, after, killedAt));
    }
  }
  const counts = [...perKill.values()];
  return {
    byKill: counts.reduce((sum, count) => sum + count, 0),
    byHandover,
    byCut,
    unexplained,
    mostByOneKill: Math.max(0, ...counts),
    atOnce,
  };
}

function unexplainedOf(
  messageUuid: string,
  { receivedAt, answeredAt = NaN }: Received,
  again: Received,
  killedAt: readonly number[],
): Unexplained {
  const kill = killedAt.findLast((at) => at < receivedAt);
  return {
    messageUuid,
    sinceKill: kill === undefined ? undefined : receivedAt - kill,
    answeredIn: answeredAt - receivedAt,
    againAfter: again.receivedAt - answeredAt,
  };
}

/** Whether a request or its answer was on its way at a moment. */
function wasOnItsWay({ receivedAt, answeredAt = Infinity }: Received, at: number): boolean {
  return at >= receivedAt - HEARD_OF && at <= answeredAt + HEARD_OF;
}

function byMessage<T extends { readonly messageUuid?: string }>(
  all: readonly T[],
): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    if (one.messageUuid === undefined) continue;
    const ofMessage = found.get(one.messageUuid);
    if (ofMessage) ofMessage.push(one);
    else found.set(one.messageUuid, [one]);
  }
  return found;
}
