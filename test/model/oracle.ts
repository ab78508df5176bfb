import {
  ConversionCounts,
  ConversionFeedbackEvent,
  ConversionReport,
  ConversionStatus,
  DeliveryAnswer,
  FailedReport,
  FailureReason,
} from '../../lib/index.js';
import { SetUp } from './operations.js';
import { same } from './same.js';

const { CONVERTED, NOT_CONVERTED } = ConversionStatus;
const HOUR = 3_600_000;
export const RETENTION = 24 * HOUR;
export const MAX_AGE = 72 * HOUR;

/** What is known of a message's outcome, and what the provider knows of that. */
interface Word {
  readonly status: ConversionStatus;
  readonly at: number;
  report: 'pending' | 'delivered' | 'failed';
  /**
   * Whether it may be at its end as well: the process died after the provider's answer, and nobody
   * knows whether it had noted that.
   */
  unsure?: 'delivered' | 'failed';
  /** Why it failed, where it did. */
  reason?: FailureReason;
  /** When it was put on its way, last. */
  sentOffAt: number;
  told: number;
  refusals: number;
}

interface Message {
  readonly uuid: string;
  verification?: number;
  sentAt: number;
  /** When it was heard of: sent, or reported by its uuid before anybody tracked it. */
  readonly heardOf: number;
  /** Its place among those that were tracked. */
  tracked: number;
  /** All it was said to be, the last word last. */
  readonly words: Word[];
  /** When the report was done for whose sake it outlived its retention. */
  outlived?: number;
}

/** A request at the provider. */
export interface Request {
  readonly process: number;
  readonly report: ConversionReport;
  readonly message: Message;
  readonly word: Word;
  answer?: DeliveryAnswer;
}

/** What an outcome must do. */
export interface Expected {
  readonly reports: ConversionReport[];
  readonly matched: boolean;
}

/**
 * The rules of the domain in their plainest form: arrays and numbers, no disk, no queue, no promise.
 * It is told what the app does and what reaches the provider, and says what must come of it. What
 * must not be is added to `differences`.
 */
export class Oracle {
  readonly differences: string[] = [];
  #messages: Message[] = [];
  #requests: Request[] = [];
  /** Uuids of messages that had an outcome, and are forgotten, soon if not yet. */
  readonly #forgotten = new Set<string>();
  #tracked = 0;
  /** Until an operation is at rest, the provider may still hear the word that was current before. */
  #busy = false;

  constructor(
    private readonly rules: Pick<SetUp, 'superseded' | 'expireAfter'>,
    private readonly now: () => number,
  ) {}

  begin(): void {
    this.#busy = true;
  }

  end(): void {
    this.#busy = false;
  }

  /**
   * Whether nobody can say if the uuid is still remembered: the message's retention is over, and
   * its report is done, or may be at any moment.
   */
  isVague(uuid: string): boolean {
    const message = this.#message(uuid);
    if (!message) return this.#forgotten.has(uuid);
    if (message.words.length === 0 || isFailed(message)) return false;
    return message.sentAt + RETENTION <= this.now();
  }

  /** Returns whether the message belongs to the verification. */
  track(verification: number, uuid: string, sentAt: number): boolean {
    const known = this.#message(uuid);
    if (known?.verification !== undefined) return known.verification === verification;
    const message = known ?? this.#add(uuid, sentAt);
    Object.assign(message, { verification, sentAt, tracked: (this.#tracked += 1) });
    return true;
  }

  settle(verification: number, status: ConversionStatus, at: number, named?: string): Expected {
    const mine = this.#messages
      .filter((message) => message.verification === verification)
      .filter(({ sentAt }) => sentAt + RETENTION > this.now())
      .sort((a, b) => a.sentAt - b.sentAt || a.tracked - b.tracked);
    const winner = named === undefined ? mine.at(-1) : mine.find(({ uuid }) => uuid === named);
    if (!winner) return { reports: [], matched: false };

    const reports: ConversionReport[] = [];
    for (const message of mine) {
      const others = status === CONVERTED ? this.rules.superseded : named === undefined && status;
      const wanted = message === winner ? status : others;
      const known = statusOf(message);
      const isNews = wanted !== known && known !== CONVERTED;
      // What nobody named gets a status once; only a success that came late takes "no" back.
      const mayChange = known === undefined || known === NOT_CONVERTED || message.uuid === named;
      if (wanted && isNews && mayChange) reports.push(this.#say(message, wanted, at));
    }
    return { reports, matched: true };
  }

  enqueue(uuid: string, status: ConversionStatus, at: number) {
    const message = this.#message(uuid) ?? this.#add(uuid, this.now());
    const known = statusOf(message);
    if (known === CONVERTED || known === status) {
      return { recorded: false, report: reportOf(message, message.words.at(-1)!) };
    }
    const isTracked = message.verification !== undefined && status === CONVERTED;
    const time = isTracked ? { timeToConvert: Math.max(0, at - message.sentAt) } : {};
    return { recorded: true, report: this.#say(message, status, at), ...time };
  }

  retryFailed(uuid?: string): number {
    const failed = this.#messages.filter(
      (message) => isFailed(message) && (uuid === undefined || message.uuid === uuid),
    );
    for (const message of failed) this.#sendOff(message.words.at(-1)!);
    return failed.length;
  }

  /** What happens by itself once its moment has come, while there is a process to do it. */
  sweep(): void {
    const now = this.now();
    for (const message of this.#messages) {
      const expiresAt = message.sentAt + (this.rules.expireAfter ?? Infinity);
      if (message.words.length === 0 && expiresAt <= now) {
        this.#say(message, NOT_CONVERTED, expiresAt);
      }
    }
    for (const message of this.#messages) {
      if (message.words.length > 0 && this.#isOver(message, now)) this.#forgotten.add(message.uuid);
    }
    this.#messages = this.#messages.filter((message) => !this.#isOver(message, now));
  }

  counts(): ConversionCounts {
    return {
      open: this.#messages.filter(({ words }) => words.length === 0).length,
      pending: this.#messages.filter(isPending).length,
      failed: this.#messages.filter(isFailed).length,
    };
  }

  /** Whether these counts can be, seeing what nobody can be sure of. */
  agrees({ open, pending, failed }: ConversionCounts): boolean {
    const sure = this.counts();
    const unsure = (end: Word['unsure']) =>
      this.#messages.filter(({ words }) => words.at(-1)?.unsure === end).length;
    const done = sure.pending - pending;
    const nowFailed = failed - sure.failed;
    return (
      open === sure.open &&
      nowFailed >= 0 &&
      nowFailed <= unsure('failed') &&
      done >= nowFailed &&
      done <= nowFailed + unsure('delivered')
    );
  }

  /** What is wrong with a list of the failed reports; undefined where nothing is. */
  faultOf(failed: readonly FailedReport[]): string | undefined {
    for (const { messageUuid } of failed) this.#provesFailed(messageUuid);
    const plain = (
      list: readonly { messageUuid: string; status: string; timestamp: Date; reason: object }[],
    ) =>
      list
        .map(({ messageUuid, status, timestamp, reason }) => [
          messageUuid,
          status,
          timestamp.getTime(),
          reason,
        ])
        .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
    const expected = this.#messages.filter(isFailed).map((message) => {
      const word = message.words.at(-1)!;
      return { ...reportOf(message, word), reason: word.reason! };
    });
    if (!same(plain(failed), plain(expected))) {
      return `failed() is ${JSON.stringify(failed)}, and must be ${JSON.stringify(expected)}`;
    }
    const moments = failed.map(({ failedAt }) => failedAt.getTime());
    if (moments.some((moment, i) => moment > moments[Math.max(0, i - 1)])) {
      return `failed() must be the latest first, and is ${JSON.stringify(failed)}`;
    }
    return undefined;
  }

  /** A report reaches the provider. */
  requested(process: number, report: ConversionReport): Request | undefined {
    const { messageUuid, status, timestamp } = report;
    const message = this.#message(messageUuid);
    const said = (word: Word) => word.status === status && word.at === timestamp.getTime();
    const index = message?.words.findLastIndex(said) ?? -1;
    if (!message || index < 0) {
      this.#differs(`the provider was told ${inWords(report)}, which nobody said`);
      return undefined;
    }
    const word = message.words[index];
    const isLast = index === message.words.length - 1;
    const wasLast = this.#busy && index === message.words.length - 2;
    if (!isLast && !wasLast) this.#differs(`the provider was told an old word: ${inWords(report)}`);
    if (word.report !== 'pending') {
      this.#differs(`the provider was told ${inWords(report)}, which is ${word.report} already`);
    }
    // Another process may ask again before this one has said what became of the answer.
    if (this.#requests.some((each) => each.message === message && !each.answer)) {
      this.#differs(`two reports of one message are in flight at once: ${inWords(report)}`);
    }
    // Told again: the answer to the last request wasn't noted.
    word.unsure = undefined;
    word.told += 1;
    const request: Request = { process, report, message, word };
    this.#requests.push(request);
    return request;
  }

  /** The provider answers a request. It counts as in flight until that is noted. */
  answered(request: Request, answer: DeliveryAnswer): void {
    request.answer = answer;
    if (answer.kind === 'refused') request.word.refusals += 1;
  }

  /** A process ended: nobody will hear the answers to its requests. */
  gone(process: number): void {
    for (const { word, answer, process: of } of this.#requests) {
      if (of !== process || word.report !== 'pending') continue;
      if (answer?.kind === 'done') word.unsure = 'delivered';
      if (answer?.kind === 'rejected') {
        word.unsure = 'failed';
        word.reason = answer.reason;
      }
    }
    this.#requests = this.#requests.filter((request) => request.process !== process);
  }

  /** Requests that were answered, and of which nobody said yet what became of them. */
  get unnoted(): number {
    return this.#requests.filter(({ answer }) => answer !== undefined).length;
  }

  /** A process says what became of a report. */
  happened(event: ConversionFeedbackEvent): void {
    if (event.type !== 'delivered' && event.type !== 'failed' && event.type !== 'retrying') return;
    const request = this.#requests.find(
      ({ report, answer }) =>
        answer !== undefined &&
        report.messageUuid === event.messageUuid &&
        report.status === event.status,
    );
    if (!request) return this.#differs(`${event.type} without an answer: ${inWords(event)}`);
    this.#requests = this.#requests.filter((each) => each !== request);
    const { word, message } = request;
    const kind = request.answer!.kind;
    const wrong = () => this.#differs(`${event.type} after "${kind}": ${inWords(event)}`);
    if (event.type === 'retrying') {
      if (kind === 'done' || kind === 'rejected') wrong();
    } else if (event.type === 'delivered') {
      if (kind !== 'done') wrong();
      word.report = 'delivered';
    } else {
      if (!this.#mayFail(request)) wrong();
      word.report = 'failed';
      word.reason = event.reason;
    }
    if (event.type !== 'retrying' && message.sentAt + RETENTION <= this.now()) {
      message.outlived = this.now();
    }
  }

  /** Whether nothing is on its way for certain. */
  get allTold(): boolean {
    return this.#messages.every(
      (message) => !isPending(message) || message.words.at(-1)!.unsure === 'delivered',
    );
  }

  /** All has ended: whatever was said last of a message, the provider has, or said that it won't. */
  concludes(): void {
    for (const message of this.#messages) {
      const last = message.words.at(-1);
      if (!last) continue;
      const report = reportOf(message, last);
      const isDone = last.report !== 'pending' || last.unsure === 'delivered';
      if (!isDone) this.#differs(`the provider was never told ${inWords(report)}`);
      else if (last.told === 0) this.#differs(`${last.report} unasked: ${inWords(report)}`);
    }
  }

  #mayFail({ answer, word }: Request): boolean {
    if (answer?.kind === 'rejected') return true;
    if (answer?.kind === 'refused') return word.refusals >= 3;
    return answer?.kind === 'not-now' && this.now() - word.sentOffAt >= MAX_AGE;
  }

  /** Whether a message is forgotten by now. One whose report isn't done is kept for its sake. */
  #isOver(message: Message, now: number): boolean {
    const heardOf = Math.max(message.sentAt, message.heardOf);
    if (heardOf + RETENTION > now || isPending(message) || isFailed(message)) return false;
    return message.outlived === undefined || message.outlived + HOUR <= now;
  }

  #message(uuid: string): Message | undefined {
    return this.#messages.find((message) => message.uuid === uuid);
  }

  #add(uuid: string, sentAt: number): Message {
    const message: Message = { uuid, sentAt, heardOf: sentAt, tracked: 0, words: [] };
    this.#messages.push(message);
    return message;
  }

  #say(message: Message, status: ConversionStatus, at: number): ConversionReport {
    const word: Word = { status, at, report: 'pending', sentOffAt: 0, told: 0, refusals: 0 };
    this.#sendOff(word);
    message.words.push(word);
    return reportOf(message, word);
  }

  #sendOff(word: Word): void {
    word.report = 'pending';
    word.unsure = undefined;
    word.sentOffAt = this.now();
  }

  #provesFailed(uuid: string): void {
    const word = this.#message(uuid)?.words.at(-1);
    if (word?.unsure !== 'failed') return;
    word.report = 'failed';
    word.unsure = undefined;
  }

  #differs(difference: string): void {
    this.differences.push(difference);
  }
}

function statusOf({ words }: Message): ConversionStatus | undefined {
  return words.at(-1)?.status;
}

function isPending({ words }: Message): boolean {
  return words.at(-1)?.report === 'pending';
}

function isFailed({ words }: Message): boolean {
  return words.at(-1)?.report === 'failed';
}

function reportOf({ uuid }: Message, { status, at }: Word): ConversionReport {
  return { messageUuid: uuid, status, timestamp: new Date(at) };
}

function inWords({ messageUuid, status, timestamp }: ConversionReport): string {
  return `${messageUuid} ${status} at ${timestamp.toISOString()}`;
}
