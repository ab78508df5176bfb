import { ConversionReport, DeliveryAnswer } from '../../lib/index.js';
import { Oracle, Request } from './oracle.js';

const DONE: DeliveryAnswer = { kind: 'done' };

/** The provider of all processes. It tells the oracle what it hears, and answers as it is told to. */
export class Provider {
  /** Answers to the next requests; "done" where there are none. */
  answers: DeliveryAnswer[] = [];
  #held?: { readonly gate: Promise<void>; readonly open: () => void };

  constructor(private readonly oracle: Oracle) {}

  /** A process's request. Never answered once that process is gone. */
  async ask(
    process: number,
    report: ConversionReport,
    isThere: () => boolean,
  ): Promise<DeliveryAnswer> {
    const request: Request | undefined = this.oracle.requested(process, report);
    await this.#held?.gate;
    if (!isThere()) return new Promise(() => {});
    const answer = this.answers.shift() ?? DONE;
    if (request) this.oracle.answered(request, answer);
    return answer;
  }

  /** Requests hang from now on. */
  hold(): void {
    if (this.#held) return;
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    this.#held = { gate, open };
  }

  release(): void {
    this.#held?.open();
    this.#held = undefined;
  }
}
