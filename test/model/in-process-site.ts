import { Logger } from '@nestjs/common';
import { Backoff, ConversionStorage, DeliveryAnswer } from '../../lib/index.js';
import { settled } from '../support/clocks.js';
import { ManualClock } from '../support/clocks.js';
import { ProcessClock } from '../support/process-clock.js';
import { newUuid, settings } from '../support/storage-host.js';
import { SetUp } from './operations.js';
import { MAX_AGE, Oracle, RETENTION } from './oracle.js';
import { Provider } from './provider.js';
import { Bookkeeping, MOMENT, Site } from './site.js';

/** How often a process looks after its lease, in ms. */
const LOOK = 250;

/** What the processes of a site are made of. */
export interface InProcessStore {
  /** Another storage over the store. */
  make(): ConversionStorage;
  /**
   * A storage's process died: what it held on to is let go, as it would be in time.
   * @param liveOn lets the others do what they do again and again: they don't stand still meanwhile
   */
  died(storage: ConversionStorage, liveOn: () => Promise<void>): Promise<void>;
  /** It ended in order, with requests in flight that were cut. */
  ended(storage: ConversionStorage): Promise<void>;
  /** Lets happen what happens outside of this process. */
  moment(): Promise<void>;
  /** Moments within which its processes look at what is due. */
  readonly looksWithin: number;
  /** How long reports wait, where that is real time. */
  readonly backoff?: Backoff;
  discard(): Promise<void>;
}

interface Process {
  readonly storage: ConversionStorage;
  readonly clock: ProcessClock;
  alive: boolean;
}

/**
 * Storages in this process that stand for processes of their own. A crashed one is left as it is:
 * its timers are gone, its requests are never answered, its lease stays until it runs out.
 */
export class InProcessSite implements Site {
  /** What a crashed one has handed to lmdb is written all the same: that is no crash. */
  readonly diesCalmly = true;
  readonly #clock = new ManualClock();
  readonly #processes = new Map<number, Process>();
  readonly #dead: Process[] = [];
  #bury!: () => void;
  /** Requests of dead processes are never answered; in the end they may go. */
  readonly #buried = new Promise<DeliveryAnswer>((resolve) => {
    this.#bury = () => resolve({ kind: 'done' });
  });

  constructor(
    private readonly store: InProcessStore,
    private readonly setUp: SetUp,
    private readonly connect: () => { provider: Provider; oracle: Oracle },
  ) {}

  now(): number {
    return this.#clock.now();
  }

  get alive(): readonly number[] {
    return [...this.#processes.keys()];
  }

  get looksWithin(): number {
    return this.store.looksWithin;
  }

  process(number: number): Bookkeeping {
    return this.#processes.get(number)!.storage;
  }

  async start(number: number): Promise<void> {
    const { provider, oracle } = this.connect();
    const clock = new ProcessClock(this.#clock);
    const process: Process = { storage: this.store.make(), clock, alive: true };
    await process.storage.open({
      clock,
      random: () => 0.5,
      logger: new Logger('test'),
      account: 'default',
      accountId: 'digest',
      superseded: this.setUp.superseded,
      expireAfter: this.setUp.expireAfter,
      retention: RETENTION,
      delivery: {
        ...settings,
        backoff: this.store.backoff ?? settings.backoff,
        concurrency: this.setUp.concurrency,
        maxAge: MAX_AGE,
      },
      lost: () => {},
      closing: new AbortController().signal,
      emit: (event) => {
        if (process.alive) oracle.happened(event);
      },
      abandon: () => {},
      deliver: (report) =>
        process.alive
          ? Promise.race([provider.ask(number, report, () => process.alive), this.#buried])
          : this.#buried,
    });
    process.storage.deliver();
    this.#processes.set(number, process);
  }

  async close(number: number): Promise<void> {
    const process = this.#processes.get(number)!;
    this.#processes.delete(number);
    process.alive = false;
    process.clock.bury();
    await process.storage.close();
    this.connect().oracle.gone(number);
    await this.store.ended(process.storage);
  }

  async crash(number: number): Promise<void> {
    const process = this.#processes.get(number)!;
    this.#processes.delete(number);
    process.alive = false;
    process.clock.die();
    this.#dead.push(process);
    this.connect().oracle.gone(number);
    await this.store.died(process.storage, () => this.#pass(LOOK));
  }

  async jump(ms: number): Promise<void> {
    this.#clock.jump(ms);
  }

  async moment(): Promise<void> {
    await this.#pass(MOMENT);
  }

  /** Lets time pass, and what begins in it come to its end. */
  async #pass(ms: number): Promise<void> {
    this.#clock.jump(ms);
    await settled();
    await this.store.moment();
    // A write that changes nothing: what waited to be written is written with it.
    await Promise.all(this.alive.map((number) => this.process(number).retryFailed(newUuid())));
  }

  async discard(): Promise<void> {
    for (const number of this.alive) await this.close(number);
    for (const { clock, storage } of this.#dead) {
      clock.bury();
      await storage.close();
    }
    this.#bury();
    await this.store.discard();
  }
}
