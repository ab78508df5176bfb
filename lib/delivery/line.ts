import { PauseCause } from '../conversion-feedback.events.js';
import { FailureReason } from '../conversion-report.js';
import { DeliveryAnswer } from './answer.js';
import { backoffCeiling } from './backoff.js';

/** How many requests in a row must fail before the provider, not a report, is held to be sick. */
export const DOWN_AFTER = 5;
/** Ms between two probes of a provider that is down. */
export const DOWN_PROBE_INTERVAL = 1_000;
/** Ms between two probes while the credentials are refused. */
export const REFUSED_PROBE_INTERVAL = 60_000;
/** How the line slows by itself when the provider says 429 and not for how long, or again and again. */
const SLOWED = { initial: 1_000, max: 60_000 };
/** How the line asks less and less often where one report alone is there to ask with. */
const ALONE = { initial: 1_000, max: 600_000 };
/** A Retry-After beyond this is taken for a mistake: nothing may stop the line for good. */
const LONGEST_RETRY_AFTER = 86_400_000;

/** Names a report among those of one storage. */
export type ReportKey = number | string;

/** What stands in the way of all reports. */
export interface Block {
  readonly cause: PauseCause;
  readonly reason: FailureReason;
  /** When it began. */
  readonly since: number;
  /** The next moment at which one request may ask whether the line is free. */
  readonly probeAt: number;
  /** The report that may be at fault, and not the line. Another one may ask at once, to tell. */
  readonly suspect?: ReportKey;
}

/** All that a line remembers. */
export interface LineState {
  readonly block?: Block;
  /** The cause that people were told last, while it lasts. */
  readonly announced?: PauseCause;
  readonly failuresInARow: number;
  readonly slowedInARow: number;
  /** Ms for which it was blocked, without the block that lasts. */
  readonly blockedBefore: number;
  readonly lastFailed?: ReportKey;
  readonly failedAlone: number;
}

const CLEAR: LineState = {
  failuresInARow: 0,
  slowedInARow: 0,
  blockedBefore: 0,
  failedAlone: 0,
};

/** What is new about the line, to be told to people; nothing while it only goes on as it was. */
export type LineChange = { readonly blocked: Block } | { readonly resumed: PauseCause } | undefined;

/**
 * The line to the provider, shared by all reports: a circuit breaker that knows why it is open.
 *
 *                    5 failures in a row                 -> down
 *     flowing ─────  429, or an answer with Retry-After  -> slowed
 *        ^           401, or 403 on two reports in a row -> refused
 *        │                     │
 *        └──── a probe passes ─┘
 *
 * - flowing: requests go out, as many as concurrency and rate limit let.
 * - blocked, for one of the three causes: nothing goes out until `probeAt`; then one request, the
 *   probe. An answer of any other request, started before, says nothing and is ignored here. A
 *   probe that the provider answers (even with "this report is wrong") resumes the line; another
 *   puts off the next probe: by a minute when refused, as long as the provider asked when slowed.
 *   When down, a probe starts every second, whether the one before it was answered or hangs; only
 *   where the provider answers a 5xx again and again to one report, and there is no other, it is
 *   asked less and less often: it may be that report's fault.
 * - A wish to wait (429, Retry-After) counts whichever request it answers. Those that were in flight
 *   together wish it once. A provider that names no time is asked less and less often, and so is one
 *   that names next to none, or a moment that is past by our clock, again and again.
 * - A single 403 may be one message's fault (a country that isn't enabled): it blocks too, but
 *   another report may ask at once. Only where that is refused as well, or there is no other, are
 *   the credentials held to be refused.
 *
 * A blocked line is no report's fault: whoever holds the reports counts no attempt and no age
 * against them for as long (`blockedFor`).
 *
 * Times are ms of a clock that only runs forward.
 */
export class Line {
  #state: LineState;

  /** @param state where another line left off, in another process or before a restart */
  constructor(state: LineState = CLEAR) {
    this.#state = state;
  }

  /** All that there is to know of it: plain data. */
  get state(): LineState {
    return this.#state;
  }

  /** What stands in the way now, if anything does. */
  get block(): Block | undefined {
    return this.#state.block;
  }

  /** Ms for which the line has been blocked since it was made. */
  blockedFor(now: number): number {
    const { block, blockedBefore } = this.#state;
    return blockedBefore + (block ? now - block.since : 0);
  }

  /**
   * Takes in an answer.
   * @param key the report it was for
   * @param probe whether the request was made to try a blocked line
   */
  answered(answer: DeliveryAnswer, key: ReportKey, probe: boolean, now: number): LineChange {
    const wish = answer.kind === 'not-now' && (answer.slow || answer.retryAfter !== undefined);
    if (this.block && !probe && !wish) return undefined;
    if (answer.kind === 'done' || answer.kind === 'rejected') return this.#resume(now);
    if (answer.kind === 'refused') return this.#refused(answer, key, now);
    return wish ? this.#slowDown(answer, probe, now) : this.#failed(answer, key, now);
  }

  /** A probe starts. */
  probing(now: number): void {
    const { block } = this.#state;
    if (block?.cause !== 'down') return;
    this.#set({ block: { ...block, probeAt: now + DOWN_PROBE_INTERVAL } });
  }

  /** There is no report but the suspect to ask with: its word stands until there is another. */
  noOtherToAsk(now: number): LineChange {
    return this.block && this.#blockBy(this.block, true, now);
  }

  #set(change: Partial<LineState>): void {
    this.#state = { ...this.#state, ...change };
  }

  #resume(now: number): LineChange {
    const { announced } = this.#state;
    this.#set({
      failuresInARow: 0,
      slowedInARow: 0,
      blockedBefore: this.blockedFor(now),
      block: undefined,
      announced: undefined,
    });
    return announced && { resumed: announced };
  }

  #refused(answer: DeliveryAnswer & { kind: 'refused' }, key: ReportKey, now: number): LineChange {
    const before = this.block?.cause === 'refused' ? this.block : undefined;
    const another = before !== undefined && before.suspect !== key;
    const suspect = answer.maybeOne && !another ? key : undefined;
    const probeAt = now + REFUSED_PROBE_INTERVAL;
    const certain = suspect === undefined || before !== undefined;
    return this.#blockBy(
      { cause: 'refused', reason: answer.reason, probeAt, suspect },
      certain,
      now,
    );
  }

  #failed({ reason }: { reason: FailureReason }, key: ReportKey, now: number): LineChange {
    const before = this.#state;
    const alone = key === before.lastFailed && reason.status !== undefined;
    const failedAlone = alone ? before.failedAlone + 1 : 0;
    const failuresInARow = before.failuresInARow + 1;
    this.#set({ failuresInARow, failedAlone, lastFailed: key });
    if (!before.block && failuresInARow < DOWN_AFTER) return undefined;
    if (failedAlone >= DOWN_AFTER) {
      const probeAt = now + backoffCeiling(ALONE, failedAlone - DOWN_AFTER + 1);
      return this.#blockBy({ cause: 'down', reason, probeAt, suspect: key }, true, now);
    }
    const probeAt =
      before.block?.cause === 'down' && before.block.suspect === undefined
        ? before.block.probeAt
        : now + DOWN_PROBE_INTERVAL;
    return this.#blockBy({ cause: 'down', reason, probeAt }, true, now);
  }

  #slowDown(
    { reason, retryAfter = -1 }: { reason: FailureReason; retryAfter?: number },
    probe: boolean,
    now: number,
  ): LineChange {
    const isFurther = probe || this.block?.cause !== 'slowed';
    const slowedInARow = this.#state.slowedInARow + (isFurther ? 1 : 0);
    this.#set({ slowedInARow });
    const isTime = retryAfter >= SLOWED.initial || (retryAfter >= 0 && slowedInARow === 1);
    const wait = isTime ? retryAfter : backoffCeiling(SLOWED, slowedInARow);
    const probeAt = Math.max(now + Math.min(wait, LONGEST_RETRY_AFTER), this.block?.probeAt ?? 0);
    return this.#blockBy({ cause: 'slowed', reason, probeAt }, true, now);
  }

  #blockBy(given: Omit<Block, 'since'>, certain: boolean, now: number): LineChange {
    const block = { ...given, since: this.block?.since ?? now };
    this.#set({ block });
    if (!certain || this.#state.announced === block.cause) return undefined;
    this.#set({ announced: block.cause });
    return { blocked: block };
  }
}
