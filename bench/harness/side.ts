import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversionCounts } from 'nestjs-conversion-feedback';
import type { App } from '../processes/app.js';
import type { AppSettings } from '../processes/app/settings.js';
import type { Provider } from '../processes/provider.js';
import type { PacedLoad } from '../processes/pace.js';
import type { SaturatingLoad } from '../processes/saturate.js';
import { between } from '../processes/vitals.js';
import { assertRight } from '../rows/row.js';
import type { Remote } from './remote.js';
import type { Stage } from './stage.js';

/** Callers at once while messages are prepared. */
const CALLERS = 256;
/** Longest wait for what was answered to be recorded or delivered, in ms, and between two looks. */
const PATIENCE = 120_000;
const LOOK = 50;

type Kind = 'plain' | 'empty' | 'awaiting' | 'memory' | 'lmdb';
type Options = Pick<AppSettings, 'platform' | 'delivery' | 'seen'> & { delay?: number };

/** One of the apps that are compared: its process, and its own provider's. */
export class Side {
  #tracked = 0;
  #asked = 0;

  private constructor(
    readonly kind: Kind,
    readonly app: Remote<App>,
    readonly url: string,
    readonly provider: Remote<Provider>,
    /** Folder of its store. */
    readonly store: string,
  ) {}

  static async start(
    stage: Stage,
    kind: Kind,
    { platform, delivery, seen, delay }: Options,
  ): Promise<Side> {
    const provider = await stage.provider({ delay });
    const store = join(await stage.folder(), 'store');
    const app = stage.app({
      platform,
      delivery,
      seen,
      provider: provider.url,
      ...(kind === 'memory' || kind === 'lmdb'
        ? { handler: 'tracked', storage: { kind, path: store } }
        : { handler: kind }),
    });
    return new Side(kind, app, await app.ask('url'), provider.remote, store);
  }

  /** Tracks messages until so many wait for their outcome; `saturate` and `pace` do so by themselves. */
  async prepare(count: number): Promise<void> {
    const missing = count - (this.#tracked - this.#asked);
    if (missing <= 0) return;
    if (this.#settles) await this.app.ask('prepare', this.#tracked, missing, CALLERS);
    this.#tracked += missing;
  }

  /** Asks as fast as it answers; each request settles a message. */
  async saturate(load: Remote<SaturatingLoad>, connections: number, amount: number) {
    await this.prepare(amount);
    const from = this.#asked;
    const before = await this.app.ask('usage');
    const result = await load.ask('saturate', { url: this.url, connections, amount, from });
    const { cpu, user } = between(before, await this.app.ask('usage'));
    assertRight(
      result.wrong === 0,
      `${this.kind}: ${result.wrong} of ${amount} answers were wrong`,
    );
    this.#asked += amount;
    await this.assertNothingLost();
    return { ...result, cpuEach: cpu / amount, userEach: user / amount };
  }

  /** Asks at a steady pace, for so many ms; each request settles a message. */
  async pace(load: Remote<PacedLoad>, rate: number, ms: number) {
    const count = Math.round((rate * ms) / 1_000);
    await this.prepare(count);
    const from = this.#asked;
    const result = await load.ask('pace', { url: this.url, rate, ms, from });
    const { wrong, kept, took } = result;
    assertRight(
      wrong.length === 0,
      `${this.kind}: ${wrong.length} answers were wrong: ${wrong[0]}`,
    );
    assertRight(took.length === count, `${this.kind}: ${count - took.length} weren't asked`);
    assertRight(kept > 0.98, `the load kept up with ${(100 * kept).toFixed()} % of its rate alone`);
    this.#asked += count;
    return result;
  }

  /** Every answered success is recorded, and each recorded report pending or at the provider. */
  async assertNothingLost(): Promise<void> {
    const unasked = this.#tracked - this.#asked;
    // A response that leaves after `recordTimeout` leaves before its conversion is recorded.
    const { open, pending, failed } = this.#settles
      ? await this.#countsOnce(({ open }) => open === unasked)
      : { open: unasked, pending: 0, failed: 0 };
    // In this order: what is delivered meanwhile is counted twice, and not missed.
    const { distinct, wrong } = await this.provider.ask('taken');
    assertRight(
      wrong.length === 0,
      `${this.kind}: the provider got what is no report: ${wrong[0]}`,
    );
    assertRight(failed === 0, `${this.kind}: ${failed} reports failed`);
    assertRight(open === unasked, `${this.kind}: ${open} messages are open, not ${unasked}`);
    const reported = this.#reports ? this.#asked : 0;
    assertRight(
      pending + distinct >= reported && distinct <= reported,
      `${this.kind}: of ${reported} reports ${pending} are pending and ${distinct} delivered`,
    );
  }

  /** Waits until all that was asked is at the provider. */
  async assertAllDelivered(): Promise<void> {
    const { pending } = await this.#countsOnce(({ pending }) => pending === 0);
    const { distinct } = await this.provider.ask('taken');
    assertRight(
      pending === 0 && distinct === this.#asked,
      `${this.kind}: of ${this.#asked} reports ${distinct} came, ${pending} are pending`,
    );
    await this.assertNothingLost();
  }

  /** The counts once something is true of them, or after a long time. */
  async #countsOnce(isReached: (counts: ConversionCounts) => boolean): Promise<ConversionCounts> {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      const counts = await this.app.ask('counts');
      if (isReached(counts) || performance.now() > giveUpAt) return counts;
      await sleep(LOOK);
    }
  }

  /** Whether each of its successes becomes a report. */
  get #reports(): boolean {
    return this.#settles || this.kind === 'awaiting';
  }

  get #settles(): boolean {
    return this.kind === 'memory' || this.kind === 'lmdb';
  }
}
