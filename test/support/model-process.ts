import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  ConversionFeedbackEvent,
  ConversionReport,
  ConversionStorage,
  ConversionStorageHost,
  DeliveryAnswer,
  Settlement,
  VerificationOutcome,
} from '../../lib/index.js';

type Bookkeeping = Pick<
  ConversionStorage,
  'track' | 'settle' | 'enqueue' | 'counts' | 'failed' | 'retryFailed'
>;

interface Told {
  readonly call?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: ConversionFeedbackEvent;
  readonly question?: number;
  readonly report?: ConversionReport;
}

/** What a process talks to while it has a store open. */
export interface Surroundings {
  deliver(report: ConversionReport): Promise<DeliveryAnswer>;
  happened(event: ConversionFeedbackEvent): void;
}

/** A moment of all processes: the time of day, and how far the machine's own time is moved on. */
export interface Moment {
  readonly now: number;
  readonly machineAhead: number;
}

/** Where a store is: an lmdb folder, or a Redis. */
export type StorePlace =
  { readonly path: string } | { readonly redis: number; readonly queueName: string };

/** What a store is opened with; the rest is the process's own. */
export type StoreSetUp = Pick<
  ConversionStorageHost,
  'superseded' | 'expireAfter' | 'retention' | 'delivery'
> & { readonly store: StorePlace };

/** Another process on a store, in a time that the test moves. */
export class ModelProcess implements Bookkeeping {
  #calls = 0;
  readonly #open = new Map<number, (told: Told) => void>();
  #surroundings?: Surroundings;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (told: Told) => this.#hears(told));
    child.once('exit', () => {
      for (const end of this.#open.values()) end({ error: 'the process has ended' });
    });
  }

  static async start(): Promise<ModelProcess> {
    const script = join(process.cwd(), 'test/support/processes/model.mjs');
    const child = fork(script, { execArgv: [], serialization: 'advanced' });
    await once(child, 'message');
    return new ModelProcess(child);
  }

  async open(setUp: StoreSetUp, moment: Moment, surroundings: Surroundings): Promise<void> {
    this.#surroundings = surroundings;
    await this.jump(moment);
    await this.#call('open', setUp);
  }

  jump(moment: Moment): Promise<void> {
    return this.#call('jump', moment);
  }

  /** Closes the store. The process stays, for another one. */
  async close(): Promise<void> {
    this.#surroundings = undefined;
    await this.#call('close');
  }

  /** Ends it as nothing can be caught; resolves once it is gone, and all it said was heard. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await gone;
    this.#surroundings = undefined;
  }

  track(...args: Parameters<Bookkeeping['track']>): Promise<boolean> {
    return this.#call('track', ...args);
  }

  settle(outcome: VerificationOutcome): Promise<Settlement> {
    return this.#call('settle', outcome);
  }

  settleAtOnce(outcome: VerificationOutcome, callers: number): Promise<Settlement[]> {
    return this.#call('settleAtOnce', outcome, callers);
  }

  enqueue(report: ConversionReport): ReturnType<Bookkeeping['enqueue']> {
    return this.#call('enqueue', report);
  }

  counts(): ReturnType<Bookkeeping['counts']> {
    return this.#call('counts');
  }

  failed(limit: number): ReturnType<Bookkeeping['failed']> {
    return this.#call('failed', limit);
  }

  retryFailed(messageUuid?: string): Promise<number> {
    return this.#call('retryFailed', messageUuid);
  }

  #call<T>(action: string, ...args: unknown[]): Promise<T> {
    const call = (this.#calls += 1);
    return new Promise((resolve, reject) => {
      this.#open.set(call, ({ result, error }) => {
        this.#open.delete(call);
        if (error === undefined) resolve(result as T);
        else reject(new Error(error));
      });
      this.child.send({ call, action, args }, (error) => {
        if (error) this.#open.get(call)?.({ error: error.message });
      });
    });
  }

  #hears(told: Told): void {
    if (told.call) this.#open.get(told.call)?.(told);
    if (told.event) this.#surroundings?.happened(told.event);
    if (told.question) void this.#answer(told.question, told.report!);
  }

  async #answer(answerTo: number, report: ConversionReport): Promise<void> {
    const answer = await this.#surroundings?.deliver(report);
    if (answer && this.child.connected) this.child.send({ answerTo, answer }, () => {});
  }
}
