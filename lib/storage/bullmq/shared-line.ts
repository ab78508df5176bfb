import { ConversionFeedbackEvent } from '../../conversion-feedback.events.js';
import { DeliveryAnswer } from '../../delivery/answer.js';
import { Clock } from '../../delivery/clock.js';
import { Line, LineState } from '../../delivery/line.js';
import { RedisBooks } from './redis-books.js';

/** How long a report waits whose turn it isn't to ask, in ms: somebody else asks meanwhile. */
const WHILE_ANOTHER_ASKS = 250;
/** A moment further ahead than this was written by a machine whose clock is wrong. */
const FARTHEST = 86_400_000;

/** What is to be done with a report while the line is blocked. */
export type Turn =
  | { readonly kind: 'ask' }
  /** The line has changed meanwhile. */
  | { readonly kind: 'look again' }
  /** Nobody may ask for so many ms. */
  | { readonly kind: 'all wait'; readonly ms: number }
  /** Another report asks first. */
  | { readonly kind: 'wait'; readonly ms: number };

/** What stands in Redis: the line, and until when somebody asks whether it is free. */
interface Stored extends LineState {
  readonly probingUntil?: number;
}

/**
 * The line to the provider (see Line), shared by all processes: its state lies in Redis, and is changed
 * only by whoever read it last. While it flows and nothing fails, nobody reads it.
 *
 * What happened to it is told to people by every process, each when it learns of it.
 */
export class SharedLine {
  #told: LineState['announced'];

  constructor(
    private readonly books: RedisBooks,
    private readonly clock: Clock,
    private readonly emit: (event: ConversionFeedbackEvent) => void,
    /** Longest time in ms for one request. */
    private readonly timeout: number,
  ) {}

  /**
   * Whether a report may ask a blocked line whether it is free.
   * @param raw the line as it was found
   * @param isAlone whether there is no other report to ask with
   */
  async turnOf(messageUuid: string, raw: string, isAlone: () => Promise<boolean>): Promise<Turn> {
    const now = this.clock.now();
    const before = read(raw);
    const { block, probingUntil = 0 } = before;
    if (!block) return { kind: 'look again' };
    const line = new Line(before);
    const isSuspect = block.suspect === messageUuid;
    if (isSuspect && !(await isAlone())) return { kind: 'wait', ms: WHILE_ANOTHER_ASKS };
    if (isSuspect) line.noOtherToAsk(now);
    const mayAskAtOnce = block.suspect !== undefined && !isSuspect;
    const ms = Math.max(
      mayAskAtOnce || block.probeAt > now + FARTHEST ? 0 : block.probeAt - now,
      // A line that is down is asked every second, whether the request before was answered or not.
      block.cause === 'down' || probingUntil > now + FARTHEST ? 0 : probingUntil - now,
    );
    if (ms <= 0) line.probing(now);
    const after = { ...line.state, ...(ms > 0 ? {} : { probingUntil: now + this.timeout }) };
    const isUnchanged = ms > 0 && line.state === before;
    if (!isUnchanged && !(await this.#move(raw, after))) return { kind: 'look again' };
    this.#tell(after);
    return ms > 0 ? { kind: 'all wait', ms } : { kind: 'ask' };
  }

  /**
   * Takes in an answer.
   * @returns whether the line stands in the way of reports, now or when the request began
   */
  async answered(answer: DeliveryAnswer, messageUuid: string, probe: boolean): Promise<boolean> {
    for (;;) {
      const raw = await this.books.line();
      const before = read(raw);
      const line = new Line(before);
      line.answered(answer, messageUuid, probe, this.clock.now());
      const after = probe ? { ...line.state, probingUntil: undefined } : line.state;
      const isUnchanged = after === before;
      if (isUnchanged || (await this.#move(raw, after))) {
        this.#tell(after);
        return before.block !== undefined || after.block !== undefined;
      }
    }
  }

  /** Tells people what other processes have learnt of the line. */
  async look(): Promise<void> {
    this.#tell(read(await this.books.line()));
  }

  #move(before: string, after: Stored): Promise<boolean> {
    return this.books.moveLine(before, write(after), after);
  }

  #tell({ announced, block }: LineState): void {
    if (announced === this.#told) return;
    const before = this.#told;
    this.#told = announced;
    if (announced && block) this.emit({ type: 'paused', cause: announced, reason: block.reason });
    else if (before) this.emit({ type: 'resumed', cause: before });
  }
}

function read(raw: string): Stored {
  return raw === '' ? new Line().state : (JSON.parse(raw) as Stored);
}

/** A line that nothing is to be remembered of takes no place: then nobody has to read it. */
function write(line: Stored): string {
  const { block, failuresInARow, slowedInARow } = line;
  const isClear = !block && failuresInARow + slowedInARow === 0;
  return isClear ? '' : JSON.stringify(line);
}
