import { ModelProcess } from '../support/model-process.js';
import { newUuid, settings } from '../support/storage-host.js';
import { SetUp } from './operations.js';
import { MAX_AGE, Oracle, RETENTION } from './oracle.js';
import { Provider } from './provider.js';
import { Bookkeeping, LOOK_OF_A_LOOP, MOMENT, Site } from './site.js';

/** Longer than the term of a lease, in ms. */
const LEASE_OVER = 4_000;
/** How often its holder renews it, and looks whether it has to, in ms. */
const RENEWAL = 1_000;
const LOOK = 250;

/** Processes that wait for a store: to start one takes longer than a whole sequence. */
export class ProcessPool {
  readonly #idle: ModelProcess[] = [];
  readonly #all: ModelProcess[] = [];

  async take(): Promise<ModelProcess> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const started = await ModelProcess.start();
    this.#all.push(started);
    return started;
  }

  giveBack(process: ModelProcess): void {
    this.#idle.push(process);
  }

  async end(): Promise<void> {
    for (const process of this.#all) await process.kill();
  }
}

/** Real processes on one lmdb store: a crash is a SIGKILL, whatever is under way. */
export class ProcessSite implements Site {
  readonly diesCalmly = false;
  readonly looksWithin = LOOK_OF_A_LOOP;
  #now = Date.UTC(2026, 0, 1);
  #machineAhead = 0;
  readonly #processes = new Map<number, ModelProcess>();

  constructor(
    private readonly pool: ProcessPool,
    private readonly folder: { readonly path: string; remove(): Promise<void> },
    private readonly setUp: SetUp,
    private readonly connect: () => { provider: Provider; oracle: Oracle },
  ) {}

  now(): number {
    return this.#now;
  }

  get alive(): readonly number[] {
    return [...this.#processes.keys()];
  }

  process(number: number): Bookkeeping {
    return this.#processes.get(number)!;
  }

  async start(number: number): Promise<void> {
    const { provider, oracle } = this.connect();
    const process = await this.pool.take();
    const { superseded, expireAfter, concurrency } = this.setUp;
    const isThere = () => this.#processes.get(number) === process;
    this.#processes.set(number, process);
    const others = [...this.#processes.values()].filter((each) => each !== process);
    let isOpen = false;
    const opening = process.open(
      {
        store: { path: this.folder.path },
        superseded,
        expireAfter,
        retention: RETENTION,
        delivery: { ...settings, concurrency, maxAge: MAX_AGE },
      },
      this.#moment(),
      {
        deliver: (report) => provider.ask(number, report, isThere),
        happened: (event) => oracle.happened(event),
      },
    );
    void opening.finally(() => (isOpen = true)).catch(() => {});
    // To open takes long, and the others go on meanwhile: a lease is renewed in their own time.
    while (!isOpen && others.length > 0) {
      this.#now += 1;
      await Promise.all(others.map((each) => each.jump(this.#moment())));
    }
    await opening;
  }

  async close(number: number): Promise<void> {
    const process = this.#processes.get(number)!;
    this.#processes.delete(number);
    await process.close();
    this.connect().oracle.gone(number);
    this.pool.giveBack(process);
  }

  async crash(number: number): Promise<void> {
    const process = this.#processes.get(number)!;
    await process.kill();
    this.#processes.delete(number);
    this.connect().oracle.gone(number);
    // The others don't stand still meanwhile.
    for (let passed = 0; passed < LEASE_OVER; passed += RENEWAL) {
      this.#machineAhead += RENEWAL;
      await this.#pass(LOOK);
    }
  }

  async jump(ms: number): Promise<void> {
    this.#now += ms;
    await Promise.all([...this.#processes.values()].map((each) => each.jump(this.#moment())));
  }

  async moment(): Promise<void> {
    await this.#pass(MOMENT);
  }

  /** Lets time pass, and what begins in it come to its end. */
  async #pass(ms: number): Promise<void> {
    await this.jump(ms);
    // A write that changes nothing: what waited to be written is written with it.
    await Promise.all(this.alive.map((number) => this.process(number).retryFailed(newUuid())));
  }

  async discard(): Promise<void> {
    for (const number of this.alive) await this.close(number);
    await this.folder.remove();
  }

  #moment() {
    return { now: this.#now, machineAhead: this.#machineAhead };
  }
}
