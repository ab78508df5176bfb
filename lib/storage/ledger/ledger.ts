import { ConversionReport, FailedReport, FailureReason } from '../../conversion-report.js';
import { ConversionStatus } from '../../conversion-status.js';
import { InsightsBucket, InsightsMark } from '../../insights/bucket.js';
import { Tally } from '../../insights/tally.js';
import { DueMoment, QueuedReport } from '../../delivery/report-queue.js';
import {
  ConversionCounts,
  ConversionStorageHost,
  Enqueued,
  Settlement,
  TrackedMessage,
  VerificationOutcome,
} from '../conversion-storage.js';
import { digestOf } from '../verification-digest.js';
import { replaces, settlement } from './settlement.js';
import { AgendaEntry, MessageRecord, PendingRecord, Tables } from './tables.js';

const { CONVERTED } = ConversionStatus;

/** A verification keeps so many messages; with more, its id isn't one (a constant, say). */
const MESSAGES_PER_VERIFICATION = 100;
/** How long a message is kept on whose report is still on its way when its time is over. */
const UNDELIVERED_RETENTION = 3_600_000;
/** Reports among which the oldest is looked for, at each end of what is due. */
const OLDEST_AMONG = 100;
/** Messages that one sweep handles, or one retry of what failed: a transaction should stay short. */
const PORTION = 200;

/** The settings that the rules depend on. */
export type LedgerRules = Pick<ConversionStorageHost, 'superseded' | 'expireAfter' | 'retention'>;

/** A message and its number. */
interface Remembered {
  readonly number: number;
  readonly record: MessageRecord;
}

/** A message whose report is on its way. */
type PendingMessage = MessageRecord & { readonly pending: PendingRecord };

/** What is due. */
export interface Due {
  readonly reports: QueuedReport[];
  readonly unreadable: AgendaEntry[];
}

/** What a sweep did, and when the next has something to do. */
export interface Sweep {
  readonly expired: ConversionReport[];
  readonly next: number | undefined;
}

/**
 * The books of messages and reports, and all the rules of keeping them. It knows nothing of disks,
 * promises or other processes: whoever calls it does so within a transaction on its tables.
 *
 *     open ──> settled (by success, by hand, or by its deadline) ──> forgotten after `retention`
 *                 │ each new status is a report:
 *                 └──> pending ──> done (the entry goes)
 *                        ^   └───> failed ── retryFailed ──> pending
 *                        └── another status takes the place of one that isn't done
 */
export class Ledger {
  readonly #tally: Tally;

  constructor(
    private readonly tables: Tables,
    private readonly rules: LedgerRules,
  ) {
    this.#tally = new Tally(tables.buckets);
  }

  /** Remembers a message. Returns false where it belongs to another verification. */
  track(message: TrackedMessage, now: number): boolean {
    const { messages, uuids, totals, deadlines } = this.tables;
    const verification = digestOf(message.verificationId);
    const number = uuids.get(message.messageUuid);
    const known = number === undefined ? undefined : messages.get(number);
    if (known?.verification) return known.verification === verification;
    const sentAt = message.sentAt.getTime();
    const tracked = {
      uuid: message.messageUuid,
      verification,
      sentAt,
      country: message.country ?? '',
    };
    this.#tally.sent(tracked, now);
    if (known) {
      const joined = { ...known, ...tracked };
      messages.put(number!, joined);
      this.#join(verification, number!, message);
      this.#tallyLate(number!, joined);
      return true;
    }
    const added = this.#add(tracked);
    this.#join(verification, added, message);
    deadlines.add(sentAt + (this.rules.expireAfter ?? this.rules.retention), added);
    totals.open += 1;
    return true;
  }

  /** Gives each message of a verification the status that its outcome makes of it. */
  settle(outcome: VerificationOutcome, now: number): Settlement {
    const remembered = this.#remembered(digestOf(outcome.verificationId), now);
    if (remembered.length === 0) {
      return { reports: [], unmatched: 'no message of this verification is tracked, or no longer' };
    }
    const { messageUuid, status, timestamp } = outcome;
    const named = messageUuid
      ? remembered.findIndex(({ record }) => record.uuid === messageUuid)
      : undefined;
    if (named === -1) {
      return { reports: [], unmatched: 'the message named is none of this verification' };
    }
    const statuses = settlement(
      remembered.map(({ record }) => record.status),
      { status, named, superseded: this.rules.superseded },
    );
    const reports: ConversionReport[] = [];
    let converted: MessageRecord | undefined;
    for (let index = 0; index < remembered.length; index += 1) {
      const next = statuses[index];
      if (!next) continue;
      const { number, record } = remembered[index];
      if (next === CONVERTED) converted = record;
      reports.push(this.#report(number, record, next, timestamp.getTime(), now));
    }
    return converted ? { reports, timeToConvert: sinceSent(converted, timestamp) } : { reports };
  }

  /** Records a report of one message, tracked or not. */
  enqueue({ messageUuid, status, timestamp }: ConversionReport, now: number): Enqueued {
    const { messages, uuids, deadlines } = this.tables;
    const number = uuids.get(messageUuid);
    const known = number === undefined ? undefined : messages.get(number);
    if (known?.status && !replaces(known.status, status)) {
      return { recorded: false, report: told(known.uuid, known.status, known.statusAt!) };
    }
    if (known) {
      return {
        recorded: true,
        report: this.#report(number!, known, status, timestamp.getTime(), now),
        ...(known.verification && status === ConversionStatus.CONVERTED
          ? { timeToConvert: sinceSent(known, timestamp) }
          : {}),
      };
    }
    const record = { uuid: messageUuid, verification: '', sentAt: now, country: '' };
    const added = this.#add(record);
    this.tables.totals.open += 1;
    deadlines.add(now + this.rules.retention, added);
    return {
      recorded: true,
      report: this.#report(added, record, status, timestamp.getTime(), now),
    };
  }

  /** Reports that are due, longest due first, and the entries of those that can't be read. */
  due(moment: DueMoment, limit: number, skip: (message: number) => boolean): Due {
    const found: Due = { reports: [], unreadable: [] };
    for (const entry of this.#dueEntries(moment)) {
      if (found.reports.length >= limit) break;
      const [, number] = entry;
      if (skip(number)) continue;
      const report = this.#queued(number, moment.now);
      if (report) found.reports.push(report);
      else found.unreadable.push(entry);
    }
    return found;
  }

  /** When the next report that `skip` leaves is due. */
  nextDue(skip: (message: number) => boolean): number | undefined {
    for (const [at, number] of this.tables.due.read()) if (!skip(number)) return at;
    return undefined;
  }

  /**
   * Mends the way of a report that can't be read. Where its message can, it starts anew; if not, it
   * is taken off its way, and what is left of it stays where it is.
   * @returns whether it is set aside
   */
  mend([at, number]: AgendaEntry, now: number): boolean {
    const { due, messages, totals } = this.tables;
    const message = messages.get(number);
    const told = message?.status !== undefined;
    const stale = message?.pending !== undefined && message.pending.dueAt !== at;
    if (message?.pending && told && !stale) return false;
    due.remove(at, number);
    if (stale) return false;
    totals.pending -= 1;
    if (!message) return true;
    this.#tallyMove('pending', message, -1);
    if (told) this.#pend(number, message, now);
    return !told;
  }

  /** A request for it begins. Returns how often that was so before. */
  begin({ key, revision }: QueuedReport): number {
    const message = this.#onItsWay(key, revision);
    if (!message) return 0;
    const { begun = 0 } = message.pending;
    this.#putPending(key, message, { ...message.pending, begun: begun + 1 });
    return begun;
  }

  /** Its request did the process no harm. */
  survived({ key, revision }: QueuedReport): void {
    const message = this.#onItsWay(key, revision);
    if (message) this.#putPending(key, message, { ...message.pending, begun: undefined });
  }

  /** The provider has the report. */
  done({ key, revision }: QueuedReport): void {
    this.#take(key, revision);
  }

  /** To be tried again. */
  retry({ key, revision }: QueuedReport, attempts: number, dueAt: number): void {
    const message = this.#onItsWay(key, revision);
    if (!message) return;
    const { due } = this.tables;
    due.remove(message.pending.dueAt, key);
    due.add(dueAt, key);
    this.#putPending(key, message, { ...message.pending, attempts, dueAt, begun: undefined });
  }

  /** To be kept, and not tried again by itself. */
  fail(
    { key, revision }: QueuedReport,
    attempts: number,
    reason: FailureReason,
    now: number,
  ): void {
    const message = this.#take(key, revision);
    if (!message) return;
    this.tables.failed.put(key, { attempts, failedAt: now, reason });
    this.tables.failures.add(now, key);
    this.tables.totals.failed += 1;
    this.#tallyMove('failed', message, 1);
  }

  /** The failed reports that follow an entry, or the first: as many as `retryAll` should be given. */
  failures(after?: AgendaEntry): AgendaEntry[] {
    const found: AgendaEntry[] = [];
    for (const entry of this.tables.failures.read(after)) {
      found.push(entry);
      if (found.length === PORTION) break;
    }
    return found;
  }

  /** Puts the failed report of one message back on its way. Returns how many that were: 1 or 0. */
  retryFailed(messageUuid: string, now: number): number {
    const number = this.tables.uuids.get(messageUuid);
    return number === undefined ? 0 : this.retryAll([number], now);
  }

  /**
   * Puts failed reports back on their way. One whose message can't be read is dropped: there is
   * nothing to report. Returns how many.
   */
  retryAll(numbers: readonly number[], now: number): number {
    let count = 0;
    for (const number of numbers) {
      const message = this.tables.messages.get(number);
      if (!this.#forgetFailed(number, message) || !message) continue;
      this.#pend(number, message, now);
      count += 1;
    }
    return count;
  }

  /** Failed reports, latest first. */
  failed(limit: number): FailedReport[] {
    const found: FailedReport[] = [];
    for (const [, number] of this.tables.failures.readBack()) {
      if (found.length >= limit) break;
      const failure = this.tables.failed.get(number);
      const message = this.tables.messages.get(number);
      if (!failure || !message?.status) continue;
      found.push({
        ...told(message.uuid, message.status, message.statusAt!),
        attempts: failure.attempts,
        failedAt: new Date(failure.failedAt),
        reason: failure.reason,
      });
    }
    return found;
  }

  counts(): ConversionCounts {
    const { open, pending, failed } = this.tables.totals;
    return { open, pending, failed };
  }

  /**
   * The timestamp of the oldest pending report. Of very many it looks at the longest due, and at
   * those that are due last, since they failed most often.
   */
  oldestPending(): Date | undefined {
    const { due } = this.tables;
    let oldest = Infinity;
    for (const entries of [due.read(), due.readBack()]) {
      let seen = 0;
      for (const [, number] of entries) {
        if (++seen > OLDEST_AMONG) break;
        oldest = Math.min(oldest, this.tables.messages.get(number)?.statusAt ?? Infinity);
      }
    }
    return oldest === Infinity ? undefined : new Date(oldest);
  }

  /** What was counted in the hours of a range. */
  insights(range: { from: number; to: number }): InsightsBucket[] {
    return this.#tally.read(range);
  }

  /** Returns whether the mark is set by this call. */
  markInsights(mark: InsightsMark): boolean {
    return this.#tally.mark(mark);
  }

  /** When the next message expires or is forgotten, or the next count is. */
  nextDeadline(): number | undefined {
    const ofBuckets = this.#tally.nextDeadline();
    for (const [at] of this.tables.deadlines.read()) return Math.min(at, ofBuckets ?? at);
    return ofBuckets;
  }

  /** Lets messages expire, and forgets those that are past their retention, and old counts. */
  sweep(now: number): Sweep {
    this.#tally.sweep(now);
    const over: (readonly [number, number])[] = [];
    for (const entry of this.tables.deadlines.read()) {
      if (entry[0] > now || over.length === PORTION) break;
      over.push(entry);
    }
    const expired = over.flatMap(([at, number]) => this.#deadline(at, number, now) ?? []);
    return { expired, next: this.nextDeadline() };
  }

  /** No report ages by so many ms. */
  stoodStill(ms: number): void {
    this.tables.totals.stoodStill += ms;
  }

  *#dueEntries({ now, farthest }: DueMoment): Iterable<AgendaEntry> {
    for (const entry of this.tables.due.read()) {
      if (entry[0] > now) break;
      yield entry;
    }
    yield* this.tables.due.read([farthest, Infinity]);
  }

  #queued(number: number, now: number): QueuedReport | undefined {
    const message = this.tables.messages.get(number);
    if (!message?.status || !message.pending) return undefined;
    const { revision, replaces = false, attempts, agedFrom } = message.pending;
    return {
      ...told(message.uuid, message.status, message.statusAt!),
      key: number,
      revision,
      replaces,
      attempts,
      age: now - this.tables.totals.stoodStill - agedFrom,
    };
  }

  #add(record: MessageRecord): number {
    const number = ++this.tables.totals.lastMessage;
    this.tables.messages.put(number, record);
    this.tables.uuids.put(record.uuid, number);
    return number;
  }

  /** Puts a message into its verification, at the place its time gives it. */
  #join(verification: string, number: number, { sentAt, sentAtGiven }: TrackedMessage): void {
    const { verifications, messages } = this.tables;
    const others = verifications.get(verification) ?? [];
    let place = others.length;
    if (sentAtGiven) {
      while (place > 0 && (messages.get(others[place - 1])?.sentAt ?? 0) > sentAt.getTime())
        place -= 1;
    }
    const all = [...others.slice(0, place), number, ...others.slice(place)];
    verifications.put(verification, all.slice(-MESSAGES_PER_VERIFICATION));
  }

  /** The messages of a verification that are within their retention, oldest first. */
  #remembered(verification: string, now: number): Remembered[] {
    const found: Remembered[] = [];
    for (const number of this.tables.verifications.get(verification) ?? []) {
      const record = this.tables.messages.get(number);
      if (record && record.sentAt + this.rules.retention > now) found.push({ number, record });
    }
    return found;
  }

  /** Gives a message its status, and puts the report of it on its way. */
  #report(
    number: number,
    record: MessageRecord,
    status: ConversionStatus,
    statusAt: number,
    now: number,
  ): ConversionReport {
    if (record.status === undefined) this.tables.totals.open -= 1;
    if (record.verification && status === CONVERTED) this.#tally.converted(record, statusAt);
    if (record.status !== undefined) this.#forgetFailed(number, record);
    this.#pend(number, record, now, { status, statusAt });
    return told(record.uuid, status, statusAt);
  }

  #pend(
    number: number,
    record: MessageRecord,
    now: number,
    { status, statusAt }: Pick<MessageRecord, 'status' | 'statusAt'> = record,
  ): void {
    const { due, messages, totals } = this.tables;
    const before = record.pending;
    if (before) due.remove(before.dueAt, number);
    else {
      totals.pending += 1;
      this.#tallyMove('pending', record, 1);
    }
    due.add(now, number);
    const pending = {
      revision: ++totals.lastRevision,
      attempts: 0,
      agedFrom: now - totals.stoodStill,
      dueAt: now,
      replaces: before !== undefined,
      begun: undefined,
    };
    const { uuid, verification, sentAt, country } = record;
    // Not spread: V8 makes a copy faster whose fields it sees.
    messages.put(number, { uuid, verification, sentAt, country, status, statusAt, pending });
  }

  /** The message whose report that is; undefined where another has taken its place, or it is delivered. */
  #onItsWay(number: number, revision: number): PendingMessage | undefined {
    const message = this.tables.messages.get(number);
    return message?.pending?.revision === revision ? (message as PendingMessage) : undefined;
  }

  #putPending(number: number, message: MessageRecord, pending: PendingRecord | undefined): void {
    this.tables.messages.put(number, { ...message, pending });
  }

  /** Takes a report off its way, unless another has taken its place. Returns its message. */
  #take(number: number, revision: number): MessageRecord | undefined {
    const message = this.#onItsWay(number, revision);
    if (!message) return undefined;
    this.tables.due.remove(message.pending.dueAt, number);
    this.#putPending(number, message, undefined);
    this.tables.totals.pending -= 1;
    this.#tallyMove('pending', message, -1);
    return message;
  }

  #forgetFailed(number: number, message: MessageRecord | undefined): boolean {
    const { failed, failures, totals } = this.tables;
    const failure = failed.get(number);
    if (!failure) return false;
    failed.remove(number);
    failures.remove(failure.failedAt, number);
    totals.failed -= 1;
    if (message) this.#tallyMove('failed', message, -1);
    return true;
  }

  #tallyMove(name: 'pending' | 'failed', message: MessageRecord, by: 1 | -1): void {
    if (message.verification) this.#tally.moved(name, message, by);
  }

  /** Counts what became of a message before it was tracked. */
  #tallyLate(number: number, record: MessageRecord): void {
    if (record.status === CONVERTED) this.#tally.converted(record, record.statusAt!);
    if (record.pending) this.#tally.moved('pending', record, 1);
    if (this.tables.failed.get(number)) this.#tally.moved('failed', record, 1);
  }

  /** A message's moment has come: it expires, or is forgotten, or is kept for its report's sake. */
  #deadline(at: number, number: number, now: number): ConversionReport | undefined {
    const { messages, deadlines, failed } = this.tables;
    deadlines.remove(at, number);
    const record = messages.get(number);
    if (!record) return undefined;
    const forgetAt = record.sentAt + this.rules.retention;
    const expiresAt = record.sentAt + (this.rules.expireAfter ?? Infinity);
    if (record.status === undefined && expiresAt <= now) {
      deadlines.add(Math.max(forgetAt, now), number);
      return this.#report(number, record, ConversionStatus.NOT_CONVERTED, expiresAt, now);
    }
    if (forgetAt > now) deadlines.add(forgetAt, number);
    else if (record.pending || failed.get(number))
      deadlines.add(now + UNDELIVERED_RETENTION, number);
    else this.#forget(number, record);
    return undefined;
  }

  #forget(number: number, record: MessageRecord): void {
    const { messages, uuids, verifications, totals } = this.tables;
    messages.remove(number);
    uuids.remove(record.uuid);
    if (record.status === undefined) totals.open -= 1;
    if (!record.verification) return;
    const others = (verifications.get(record.verification) ?? []).filter(
      (other) => other !== number,
    );
    if (others.length > 0) verifications.put(record.verification, others);
    else verifications.remove(record.verification);
  }
}

/** Ms from a message's sending to its conversion. Two clocks may have seen them. */
function sinceSent({ sentAt }: MessageRecord, convertedAt: Date): number {
  return Math.max(0, convertedAt.getTime() - sentAt);
}

function told(messageUuid: string, status: ConversionStatus, statusAt: number): ConversionReport {
  return { messageUuid, status, timestamp: new Date(statusAt) };
}
