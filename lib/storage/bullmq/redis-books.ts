import type { Redis } from 'ioredis';
import { StorageError } from '../../conversion-feedback.errors.js';
import { ConversionReport } from '../../conversion-report.js';
import { LineState } from '../../delivery/line.js';
import { InsightsBucket, InsightsMark, hourOf } from '../../insights/bucket.js';
import {
  ConversionStorageHost,
  Enqueued,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from '../conversion-storage.js';
import { Owner } from '../account-claim.js';
import { digestOf } from '../verification-digest.js';
import { ReportRef } from './job-id.js';
import { OutboxEntry, readEntry } from './outbox-entry.js';
import { ScriptName, scripts } from './lua/scripts.js';
import { failureOf } from './redis-failure.js';
import { readInsights } from './redis-insights.js';
import { letterOf, statusOf } from './status-letter.js';
import { Together } from './together.js';

/** What ioredis says of a command that took longer than it may. */
const TIMED_OUT = 'Command timed out';
/** A verification keeps so many messages; with more, its id isn't one (a constant, say). */
const MESSAGES_PER_VERIFICATION = 100;
/** Messages that one sweep looks at: Redis does nothing else meanwhile. */
const SWEEP_SIZE = 200;
/** Verifications or jobs that one script sees to. */
const AT_ONCE = 100;
/** A request is held to be in flight for so many ms after its timeout. */
const MARGIN = 1_000;
/** So many, at most, where Redis is slow. */
const LONGEST_MARGIN = 60_000;

/** What was done, and the entries that it left in the outbox. */
export type Settled = Settlement & { readonly entries: readonly OutboxEntry[] };

/** What the books know of the report whose job was taken, and what is to be done with it. */
export type Taken =
  | {
      readonly kind: 'go';
      readonly report: ConversionReport;
      /** Requests made so far that failed by the report's own fault. */
      readonly attempts: number;
      /** Ms it has waited while the line was free. */
      readonly age: number;
      /** Requests begun of which nothing is known: their process died. */
      readonly begun: number;
      readonly refusals: number;
      /** Reports that the provider has, when it was last refused and now. */
      readonly passedBefore: number;
      readonly passed: number;
      /** Whether the line has something to forget once a report passes. */
      readonly lineIsTroubled: boolean;
    }
  /** A newer report took its place, or the provider has it. */
  | { readonly kind: 'superseded' }
  /** It failed, and its job doesn't know yet. */
  | { readonly kind: 'failed' }
  /** An older report of the message is in flight, at most for so many ms. */
  | { readonly kind: 'busy'; readonly wait: number }
  /** The line is blocked. */
  | { readonly kind: 'blocked'; readonly line: string }
  /** A process died during a request for it: it goes alone. */
  | { readonly kind: 'suspect' };

/** What became of a report that is to fail. */
export type Failing = 'kept' | 'superseded' | 'lost';

interface TakeWish {
  readonly ref: ReportRef;
  readonly taking: Taking;
  /** Ms. */
  readonly margin: number;
}

/** How a report is taken. */
export interface Taking {
  readonly lease: string;
  readonly probe: boolean;
  readonly alone: boolean;
  /** Whether people put the failed job back on its way. */
  readonly retried: boolean;
  /** The report as its job knows it: the books may have forgotten it. */
  readonly report: ConversionReport;
}

type Reply = (string | null)[];

/** The scripts, by what they mean. Each call is one step in Redis. */
export class RedisBooks {
  readonly #tracks = new Together<TrackedMessage, boolean>(
    (messages) => this.#track(messages),
    AT_ONCE,
  );
  readonly #settlements = new Together<VerificationOutcome, Settled>(
    (outcomes) => this.#settle(outcomes),
    AT_ONCE,
  );
  readonly #takes = new Together<TakeWish, Taken>((wishes) => this.#take(wishes), AT_ONCE);
  readonly #dones = new Together<{ ref: ReportRef; lease: string }, void>(
    (wishes) => this.#done(wishes),
    AT_ONCE,
  );

  constructor(
    private readonly redis: Redis,
    private readonly base: string,
    private readonly host: ConversionStorageHost,
    /** Told where Redis doesn't answer in time. */
    private readonly hangs: () => void,
  ) {
    for (const [name, lua] of Object.entries(scripts))
      redis.defineCommand(commandOf(name), { lua });
  }

  /** Claims the books for a format and an account. Returns those they belong to. */
  async claim(format: number, ours: Owner): Promise<{ format: number; owner: Owner }> {
    const reply = await this.#run<Reply>('open', [format, ours.account, ours.accountId]);
    const [first, account, accountId] = reply as [string, string, string];
    return { format: Number(first), owner: { account, accountId } };
  }

  /** @returns whether it belongs to its verification: not where it is another one's already */
  track(message: TrackedMessage): Promise<boolean> {
    this.#settlements.now();
    return this.#tracks.want(message);
  }

  settle(outcome: VerificationOutcome): Promise<Settled> {
    this.#tracks.now();
    return this.#settlements.want(outcome);
  }

  async enqueue({
    messageUuid,
    status,
    timestamp,
  }: ConversionReport): Promise<Omit<Enqueued, 'recorded'> & { entry?: OutboxEntry }> {
    const [what, first, second] = await this.#run<string[]>('enqueue', [
      messageUuid,
      letterOf(status),
      timestamp.getTime(),
    ]);
    if (what === 'stands') {
      const stands = { status: statusOf(first), timestamp: new Date(Number(second)) };
      return { report: { messageUuid, ...stands } };
    }
    const entry = readEntry(first);
    return { report: entry.report, entry, ...timeTo(timestamp, second) };
  }

  async retryFailed(
    failed: readonly (ReportRef & { report: ConversionReport })[],
  ): Promise<OutboxEntry[]> {
    const args = failed.flatMap(({ messageUuid, revision, report: { status, timestamp } }) => [
      messageUuid,
      revision,
      letterOf(status),
      timestamp.getTime(),
    ]);
    return (await this.#run<string[]>('retryFailed', args)).map(readEntry);
  }

  /** Messages expire, or are forgotten. Returns the reports of those that expired. */
  async sweep(): Promise<OutboxEntry[]> {
    const { retention, expireAfter } = this.host;
    const entries = await this.#run<string[]>('sweep', [retention, expireAfter ?? '', SWEEP_SIZE]);
    return entries.map(readEntry);
  }

  /**
   * Entries of the outbox that are older than so many ms.
   * @param jobs the keys under which BullMQ keeps jobs that aren't done
   */
  async leftOver(age: number, most: number, jobs: readonly string[]): Promise<OutboxEntry[]> {
    return (await this.#run<string[]>('leftOver', [age, most], jobs)).map(readEntry);
  }

  /** The report that has waited longest to become a job. */
  async oldestUnsent(): Promise<OutboxEntry | undefined> {
    const [raw] = await this.guard(this.redis.zrange(`${this.base}:outbox`, 0, 0));
    return raw === undefined ? undefined : readEntry(raw);
  }

  /** These reports are jobs now. */
  async sent(entries: readonly OutboxEntry[]): Promise<void> {
    await this.guard(this.redis.zrem(`${this.base}:outbox`, ...entries.map(({ raw }) => raw)));
  }

  /**
   * Takes it anew, for longer, where Redis' word came so late that the lease could end before the
   * request does: a request may begin in the first half of the margin.
   */
  async take(ref: ReportRef, taking: Taking): Promise<Taken> {
    const { clock } = this.host;
    let margin = MARGIN;
    for (;;) {
      const asked = clock.elapsed();
      const taken = await this.#takes.want({ ref, taking, margin });
      const late = clock.elapsed() - asked;
      if (taken.kind !== 'go' || late <= margin / 2) return taken;
      margin = Math.min(4 * late, LONGEST_MARGIN);
    }
  }

  /**
   * The provider has the report.
   * @param sent called once Redis does nothing that is asked on this connection before it notes that
   */
  async done(ref: ReportRef, lease: string, sent: () => void): Promise<void> {
    await this.#dones.want({ ref, lease }, sent);
  }

  /** @returns whether it is still the newest report of its message */
  async retry(
    { messageUuid, revision }: ReportRef,
    lease: string,
    next: { attempts: number; refusals: number; passed: number },
  ): Promise<boolean> {
    const { attempts, refusals, passed } = next;
    const args = [messageUuid, revision, lease, attempts, refusals, passed];
    return (await this.#run<number>('retry', args)) === 1;
  }

  /**
   * @returns whether it is kept as failed: not where a newer report took its place, nor where another
   * worker has it
   */
  fail({ messageUuid, revision }: ReportRef, lease: string): Promise<Failing> {
    return this.#run('fail', [messageUuid, revision, lease, this.host.retention]);
  }

  async survived(messageUuids: readonly string[]): Promise<void> {
    await this.#run('survived', [...messageUuids]);
  }

  /** The line as the processes share it; empty where nothing is to be remembered of it. */
  async line(): Promise<string> {
    return (await this.guard(this.redis.hget(this.base, 'line'))) ?? '';
  }

  /** @returns whether the line was still as it was read */
  async moveLine(before: string, after: string, state: LineState): Promise<boolean> {
    const args = [before, after, state.blockedBefore, state.block?.since ?? ''];
    return (await this.#run<number>('moveLine', args)) === 1;
  }

  insights(range: { from: number; to: number }): Promise<InsightsBucket[]> {
    return this.guard(readInsights(this.redis, this.base, range, this.host.clock.now()));
  }

  /** @returns whether the mark is set by this call */
  async markInsights({ country, hour, name, at }: InsightsMark): Promise<boolean> {
    const args = [hourOf(hour), countryOf(country), name, at];
    return (await this.#run<number>('markInsights', args)) === 1;
  }

  async totals(): Promise<{ open: number; pending: number }> {
    const [open, pending] = await this.guard(this.redis.hmget(this.base, 'open', 'pending'));
    return { open: Number(open ?? 0), pending: Number(pending ?? 0) };
  }

  async #track(messages: readonly TrackedMessage[]): Promise<(boolean | StorageError)[]> {
    const { retention, expireAfter } = this.host;
    const args = messages.flatMap((message) => [
      message.messageUuid,
      digestOf(message.verificationId),
      message.sentAt.getTime(),
      message.sentAtGiven ? 1 : 0,
      countryOf(message.country),
    ]);
    const shared = [retention, expireAfter ?? '', MESSAGES_PER_VERIFICATION];
    const replies = await this.#call<(number | string[])[]>('track', [...shared, ...args]);
    return replies.map((reply) => (Array.isArray(reply) ? notDone(reply) : reply === 1));
  }

  async #settle(outcomes: readonly VerificationOutcome[]): Promise<(Settled | StorageError)[]> {
    const { superseded, retention } = this.host;
    const args = outcomes.flatMap(({ verificationId, status, timestamp, messageUuid }) => [
      digestOf(verificationId),
      letterOf(status),
      timestamp.getTime(),
      messageUuid ?? '',
    ]);
    const shared = [superseded ? letterOf(superseded) : '', retention];
    const replies = await this.#call<string[][]>('settle', [...shared, ...args]);
    return replies.map((reply, index) => readSettled(outcomes[index], reply));
  }

  async #take(wishes: readonly TakeWish[]): Promise<Taken[]> {
    const { delivery } = this.host;
    const margin = Math.max(...wishes.map((wish) => wish.margin));
    const leaseFor = delivery ? delivery.timeout + margin : 0;
    const args = wishes.flatMap(({ ref, taking: { lease, probe, alone, retried, report } }) => [
      ref.messageUuid,
      ref.revision,
      lease,
      probe ? 1 : 0,
      alone ? 1 : 0,
      retried ? 1 : 0,
      letterOf(report.status),
      report.timestamp.getTime(),
    ]);
    const replies = await this.#call<Reply[]>('take', [leaseFor, ...args]);
    return replies.map((reply, index) => readTaken(wishes[index].ref, reply));
  }

  async #done(wishes: readonly { ref: ReportRef; lease: string }[]): Promise<void[]> {
    const args = wishes.flatMap(({ ref, lease }) => [ref.messageUuid, ref.revision, lease]);
    await this.#call('done', [this.host.retention, ...args]);
    return wishes.map(() => undefined);
  }

  /** Runs a script after those that were wanted before. */
  #run<T>(
    name: ScriptName,
    args: readonly (string | number)[],
    keys?: readonly string[],
  ): Promise<T> {
    this.#tracks.now();
    this.#settlements.now();
    return this.#call(name, args, keys);
  }

  #call<T>(
    name: ScriptName,
    args: readonly (string | number)[],
    keys: readonly string[] = [],
  ): Promise<T> {
    const commands = this.redis as unknown as Record<
      string,
      (...args: (string | number)[]) => Promise<T>
    >;
    const all = [this.base, ...keys];
    return this.guard(
      commands[commandOf(name)](all.length, ...all, this.host.clock.now(), ...args),
    );
  }

  /** @throws StorageError where a reply isn't one */
  async guard<T>(reply: Promise<T>): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      const cause = failureOf(error);
      if (cause.message === TIMED_OUT) this.hangs();
      throw notNow(cause);
    }
  }
}

function notNow(cause: Error): StorageError {
  return new StorageError(`Redis can't be asked now: ${cause.message}`, { cause });
}

/** What a script says of one of many that it couldn't do it for. */
function notDone([, error]: readonly string[]): StorageError {
  return notNow(failureOf(error));
}

function commandOf(script: string): string {
  return `conversionFeedback:${script}`;
}

/** Ms from a message's sending to its conversion; nothing where none converted. */
function timeTo(convertedAt: Date, sentAt = ''): { timeToConvert?: number } {
  // Two clocks may have seen them.
  return sentAt ? { timeToConvert: Math.max(0, convertedAt.getTime() - Number(sentAt)) } : {};
}

/** A country as messages are counted by it. */
function countryOf(country = ''): string {
  return /^[A-Z]{2}$/.test(country) ? country : '';
}

function readSettled({ timestamp }: VerificationOutcome, reply: string[]): Settled | StorageError {
  const [what, first, ...rest] = reply;
  if (what === 'error') return notDone(reply);
  const entries = rest.map(readEntry);
  const reports = entries.map(({ report }) => report);
  if (what === 'settled') return { reports, entries, ...timeTo(timestamp, first) };
  const unmatched =
    what === 'foreign'
      ? 'the message named is none of this verification'
      : 'no message of this verification is tracked, or no longer';
  return { reports, entries, unmatched };
}

function readTaken({ messageUuid }: ReportRef, [kind, ...rest]: Reply): Taken {
  if (kind === 'busy') return { kind, wait: Number(rest[0]) };
  if (kind === 'blocked') return { kind, line: rest[0] ?? '' };
  if (kind !== 'go') return { kind: kind as 'superseded' | 'failed' | 'suspect' };
  const [letter, moment, ...numbers] = rest as string[];
  const [attempts, age, begun, refusals, passedBefore, passed, troubled] = numbers.map(Number);
  return {
    kind,
    report: { messageUuid, status: statusOf(letter), timestamp: new Date(Number(moment)) },
    attempts,
    age,
    begun,
    refusals,
    passedBefore,
    passed,
    lineIsTroubled: troubled === 1,
  };
}
