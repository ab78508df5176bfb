import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { post, type Answer } from './client.js';
import type { Slice } from './quantile.js';
import type { SeededRandom } from './random.js';

/** Requests of a slice, of each kind; and how many of them are under way at a time. */
const SLICE = 50;
const AT_ONCE = 4;
/** Ms between two requests where they come whether or not the app keeps up. */
const PACE = 5;
/** One verification in so many was tracked: to settle any other writes nothing. */
const TRACKED = 4;
/** Longest time for which a fault may stay unnoticed, in ms, and how long we look on once it isn't. */
const LONGEST_SEARCH = 8_000;
const LOOK_ON = 200;

type Code = 'right' | 'wrong' | 'refused';

/** A decorated handler's answers beside those of its undecorated twin, which does the same. */
export class Twins {
  /** Requests to the decorated one that were answered. */
  requests = 0;
  /** What differed, each in a sentence. */
  readonly differences: string[] = [];
  /** Tracked messages whose verification was answered with success. */
  readonly accepted = new Set<string>();
  readonly #tracked: { readonly verificationId: string; readonly messageUuid: string }[] = [];
  readonly #slices: Slice[] = [];

  constructor(private readonly random: SeededRandom) {}

  /** Lets so many messages be sent, whose verifications are asked about later. */
  async track(url: string, count: number): Promise<void> {
    await inParallel(count, 16, async () => {
      const message = { verificationId: randomUUID(), messageUuid: randomUUID() };
      const answer = await post(`${url}/track`, message);
      if (answer?.status === 201) this.#tracked.push(message);
    });
  }

  /** Asks both in turn, slice by slice, until there were so many requests to each. */
  async alternate(url: string, count: number): Promise<void> {
    for (let asked = 0; asked < count; asked += SLICE) {
      const size = Math.min(SLICE, count - asked);
      const codes = Array.from({ length: size }, () => this.#code());
      const ask = async (path: '/verify' | '/plain'): Promise<number[]> => {
        const took: number[] = [];
        const left = [...codes];
        await inParallel(size, AT_ONCE, async () => {
          took.push((await this.#ask(url, path, left.pop()!)).took);
        });
        return took;
      };
      const decoratedFirst = this.random.chance(0.5);
      const first = await ask(decoratedFirst ? '/verify' : '/plain');
      const second = await ask(decoratedFirst ? '/plain' : '/verify');
      const [decorated, plain] = decoratedFirst ? [first, second] : [second, first];
      this.#slices.push({ ours: decorated, peer: plain });
    }
  }

  /** Takes what was measured since the last time. */
  slices(): Slice[] {
    return this.#slices.splice(0);
  }

  /**
   * Asks both at a steady pace, with right codes of tracked verifications, until the decorated one
   * answers before it has recorded, and for a moment longer.
   */
  async findOut(url: string): Promise<Slice & { readonly noticed: boolean }> {
    const decorated: number[] = [];
    const plain: number[] = [];
    const underWay: Promise<void>[] = [];
    const begun = performance.now();
    let end = begun + LONGEST_SEARCH;
    let noticed = false;
    while (performance.now() < end) {
      underWay.push(
        this.#ask(url, '/verify', 'right', true).then(({ took, answer }) => {
          decorated.push(took);
          if (noticed || !answer || answer.headers.has('x-settled-at')) return;
          noticed = true;
          end = performance.now() + LOOK_ON;
        }),
        this.#ask(url, '/plain', 'right').then(({ took }) => void plain.push(took)),
      );
      await sleep(PACE);
    }
    await Promise.all(underWay);
    return { ours: decorated, peer: plain, noticed };
  }

  async #ask(url: string, path: '/verify' | '/plain', code: Code, tracked = false) {
    const known =
      code === 'right' && path === '/verify' && (tracked || this.random.integer(1, TRACKED) === 1)
        ? this.#tracked.pop()
        : undefined;
    const verificationId = known?.verificationId ?? randomUUID();
    const begun = performance.now();
    const answer = await post(url + path, { verificationId, code });
    const took = performance.now() - begun;
    this.#compare(path, code, answer);
    if (answer && path === '/verify') this.requests += 1;
    if (answer?.status === 200 && known) this.accepted.add(known.messageUuid);
    return { took, answer };
  }

  /** What one handler answered to a code, the other must answer to it too. */
  #compare(path: string, code: Code, answer: Answer | undefined): void {
    const said = answer ? `${answer.status} ${JSON.stringify(answer.body)}` : 'nothing';
    if (path === '/plain' && answer) this.#plainly.set(code, said);
    const expected = this.#plainly.get(code);
    if (said !== (expected ?? said) || !answer)
      this.differences.push(`${path} answered ${said} to a ${code} code, not ${expected}`);
  }

  readonly #plainly = new Map<Code, string>();

  #code(): Code {
    return this.random.chance(0.1) ? this.random.pick(['wrong', 'refused'] as const) : 'right';
  }
}

async function inParallel(count: number, atOnce: number, run: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
