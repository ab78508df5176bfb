import { ConversionReport, Settlement } from '../../lib/index.js';
import { Operation, SetUp } from './operations.js';
import { Expected, Oracle } from './oracle.js';
import { Provider } from './provider.js';
import { same } from './same.js';
import { Bookkeeping, Site } from './site.js';

/** Moments within which all that can happen must have happened: 5 seconds of 25 ms each. */
const PATIENCE = 200;
/** Longer than any wait between two requests for a report. */
const LONGEST_WAIT = 11 * 60_000;

export type OpenSite = (
  setUp: SetUp,
  connect: () => { provider: Provider; oracle: Oracle },
) => Promise<Site>;

/**
 * Does what a sequence says with real storages and, beside them, with the oracle, and compares them
 * after each operation. In the end the provider answers, and must have heard what it has to.
 * @throws with the first difference
 */
export async function runSequence(
  openSite: OpenSite,
  setUp: SetUp,
  operations: readonly Operation[],
): Promise<void> {
  const site = await openSite(setUp, () => run);
  const oracle = new Oracle(setUp, () => site.now());
  const run = new SequenceRun(site, oracle);
  try {
    await run.all(operations);
  } finally {
    run.provider.release();
    await site.discard();
  }
}

class SequenceRun {
  readonly provider: Provider;

  constructor(
    private readonly site: Site,
    readonly oracle: Oracle,
  ) {
    this.provider = new Provider(oracle);
  }

  async all(operations: readonly Operation[]): Promise<void> {
    await this.#step('at the first start', () => this.site.start(0));
    for (const [i, operation] of operations.entries()) {
      await this.#step(`after operation ${i}, ${JSON.stringify(operation)}`, () =>
        this.#do(operation),
      );
    }
    await this.#step('at the end', () => this.#conclude());
  }

  /** Does something, waits until all is at rest, and compares. */
  async #step(moment: string, work: () => Promise<string | void>): Promise<void> {
    this.oracle.begin();
    await this.site.jump(1);
    const difference = (await work()) ?? (await this.#rest());
    this.oracle.end();
    const differences = [...this.oracle.differences, ...(difference ? [difference] : [])];
    if (differences.length > 0) throw new Error(`${moment}: ${differences.join('; ')}`);
  }

  /**
   * Lets time pass until the storages say what the oracle says, and what is waited for is there.
   * @returns what they don't agree on
   */
  async #rest(isThere = () => true): Promise<string | undefined> {
    let difference: string | undefined;
    for (let moment = 0; moment < PATIENCE; moment += 1) {
      difference = await this.#compare();
      if (this.oracle.differences.length > 0) break;
      if (difference === undefined && isThere()) break;
      await this.site.moment();
    }
    return difference;
  }

  /** Lets all that is under way come to its end, but for the requests that are held. */
  async #calm(): Promise<string | undefined> {
    for (let moment = 0; moment < this.site.looksWithin; moment += 1) await this.site.moment();
    return this.#rest();
  }

  async #compare(): Promise<string | undefined> {
    if (this.site.alive.length === 0) return undefined;
    this.oracle.sweep();
    const { unnoted } = this.oracle;
    if (unnoted > 0) return `${unnoted} answers were not noted`;
    for (const number of this.site.alive) {
      const process = this.site.process(number);
      const counts = await process.counts();
      if (!this.oracle.agrees(counts)) {
        return `process ${number} counts ${JSON.stringify(counts)}, not ${JSON.stringify(this.oracle.counts())}`;
      }
      const fault = this.oracle.faultOf(await process.failed(100));
      if (fault) return `process ${number}: ${fault}`;
    }
    return undefined;
  }

  #do(operation: Operation): Promise<string | void> {
    switch (operation.does) {
      case 'track':
        return this.#track(operation);
      case 'settle':
        return this.#settle(operation);
      case 'settle at once':
        return this.#settleAtOnce(operation);
      case 'enqueue':
        return this.#enqueue(operation);
      case 'retry failed':
        return this.#retryFailed(operation);
      case 'pass time':
        return this.#passTime(operation.ms);
      default:
        return this.#befall(operation);
    }
  }

  async #track(operation: Operation & { does: 'track' }): Promise<string | void> {
    const { verification, sentAgo } = operation;
    const process = this.#processFor(operation.process);
    const messageUuid = uuidOf(operation.message);
    if (!process || this.oracle.isVague(messageUuid)) return;
    const sentAt = this.site.now() - (sentAgo ?? 0);
    const expected = this.oracle.track(verification, messageUuid, sentAt);
    const belongs = await process.track({
      verificationId: idOf(verification),
      messageUuid,
      sentAt: new Date(sentAt),
      sentAtGiven: sentAgo !== undefined,
    });
    return difference('track returned', belongs, expected);
  }

  async #settle(operation: Operation & { does: 'settle' }): Promise<string | void> {
    const { verification, status, message } = operation;
    const process = this.#processFor(operation.process);
    const messageUuid = message === undefined ? undefined : uuidOf(message);
    if (!process) return;
    const at = this.site.now();
    const expected = this.oracle.settle(verification, status, at, messageUuid);
    const settlement = await process.settle({
      verificationId: idOf(verification),
      status,
      timestamp: new Date(at),
      messageUuid,
    });
    return difference('settle returned', plain([settlement]), plain([expected]));
  }

  async #settleAtOnce(operation: Operation & { does: 'settle at once' }): Promise<string | void> {
    const { verification, status, callers } = operation;
    if (this.site.alive.length === 0) return;
    const at = this.site.now();
    const expected = this.oracle.settle(verification, status, at);
    const outcome = { verificationId: idOf(verification), status, timestamp: new Date(at) };
    const settlements = await Promise.all(
      Array.from({ length: callers }, (_, i) => this.#processFor(i)!.settle(outcome)),
    );
    return difference(`${callers} settles at once returned`, plain(settlements), plain([expected]));
  }

  async #enqueue(operation: Operation & { does: 'enqueue' }): Promise<string | void> {
    const { status } = operation;
    const process = this.#processFor(operation.process);
    const messageUuid = uuidOf(operation.message);
    if (!process || this.oracle.isVague(messageUuid)) return;
    const at = this.site.now();
    const expected = this.oracle.enqueue(messageUuid, status, at);
    const result = await process.enqueue({ messageUuid, status, timestamp: new Date(at) });
    return difference('enqueue returned', result, expected);
  }

  async #retryFailed(operation: Operation & { does: 'retry failed' }): Promise<string | void> {
    const process = this.#processFor(operation.process);
    const messageUuid = operation.message === undefined ? undefined : uuidOf(operation.message);
    if (!process) return;
    // Nothing may be about to fail: nobody could say whether that is retried too.
    const unrest = await this.#calm();
    if (unrest) return unrest;
    const expected = this.oracle.retryFailed(messageUuid);
    return difference('retryFailed returned', await process.retryFailed(messageUuid), expected);
  }

  async #passTime(ms: number): Promise<void> {
    this.oracle.sweep();
    await this.site.jump(ms);
    if (this.site.alive.length > 0) this.oracle.sweep();
  }

  /** What happens to the provider, or to a process. */
  async #befall(operation: Operation): Promise<string | void> {
    const { alive } = this.site;
    if (operation.does === 'answer') this.provider.answers.push(...operation.answers);
    if (operation.does === 'hold requests') this.provider.hold();
    if (operation.does === 'release requests') this.provider.release();
    if (!('process' in operation)) return;
    const number = operation.process;
    if (operation.does === 'start' && !alive.includes(number)) await this.site.start(number);
    if (operation.does === 'start' || !alive.includes(number)) return;
    if (operation.does === 'close' || this.site.diesCalmly) {
      const unrest = await this.#calm();
      if (unrest) return unrest;
    }
    if (operation.does === 'close') await this.site.close(number);
    if (operation.does === 'crash') await this.site.crash(number);
  }

  /** The provider is well again and stays so: all that is left must reach it. */
  async #conclude(): Promise<string | void> {
    this.provider.answers = [];
    this.provider.release();
    if (this.site.alive.length === 0) await this.site.start(0);
    let difference: string | undefined;
    for (let waits = 0; waits < 3 && !difference; waits += 1) {
      if (waits > 0) await this.#passTime(LONGEST_WAIT);
      difference = await this.#rest(() => this.oracle.allTold);
      if (this.oracle.allTold) break;
    }
    if (difference) return difference;
    this.oracle.concludes();
  }

  /** The process that is asked: the one named, or another where that one is down. */
  #processFor(number: number): Bookkeeping | undefined {
    const { alive } = this.site;
    if (alive.length === 0) return undefined;
    return this.site.process(alive.includes(number) ? number : alive[number % alive.length]);
  }
}

function uuidOf(message: number): string {
  return `db3ce55a-7f1d-11e1-8ea7-00000000000${message}`;
}

function idOf(verification: number): string {
  return `verification-${verification}`;
}

function plain(settlements: readonly (Settlement | Expected)[]): object {
  const reports = settlements
    .flatMap((settlement): ConversionReport[] => settlement.reports)
    .sort((a, b) => (a.messageUuid < b.messageUuid ? -1 : 1));
  const unmatched = settlements.map((each) =>
    'matched' in each ? !each.matched : each.unmatched !== undefined,
  );
  return { reports, unmatched: [...new Set(unmatched)] };
}

function difference(what: string, real: unknown, expected: unknown): string | undefined {
  if (same(real, expected)) return undefined;
  return `${what} ${JSON.stringify(real)}, not ${JSON.stringify(expected)}`;
}
