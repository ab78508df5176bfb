import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './client.js';
import type { SeededRandom } from './random.js';
import type { Service } from './service.js';
import { drawPlan, type Plan, type Verification } from './verification.js';

/** Ms between two moments at which verifications start. */
const TICK = 20;
/** How often a patient user tries again where no answer came. */
const TRIES = 20;

/** Where users send their requests. */
export type Front = Pick<Service, 'post'>;

interface LoadSettings {
  /** Verifications that start in a second. */
  readonly rate: number;
  /** Verifications under way at most. */
  readonly concurrency: number;
}

/** Users who log in: so many a second, whether or not the app keeps up, but for a bound. */
export class Load {
  readonly verifications: Verification[] = [];
  /** Changed to raise or lower the load at any moment. */
  rate: number;
  readonly #underWay = new Set<Promise<void>>();
  #ticking?: NodeJS.Timeout;
  #owed = 0;

  constructor(
    private readonly service: Front,
    private readonly random: SeededRandom,
    private readonly settings: LoadSettings,
  ) {
    this.rate = settings.rate;
  }

  /** 2xx answers to right codes so far. */
  get accepted(): number {
    return this.verifications.filter(({ acceptances }) => acceptances.length > 0).length;
  }

  start(): void {
    this.#ticking = setInterval(() => this.#tick(), TICK);
  }

  /** Starts no further verification, and waits until those under way have ended. */
  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    await Promise.all(this.#underWay);
  }

  #tick(): void {
    this.#owed = Math.min(this.#owed + (this.rate * TICK) / 1_000, this.rate);
    for (; this.#owed >= 1; this.#owed -= 1) {
      if (this.#underWay.size >= this.settings.concurrency) return;
      const verification = newVerification();
      const plan = drawPlan(this.random.fork(this.verifications.push(verification)));
      const run = logIn(this.service, verification, plan).finally(() => this.#underWay.delete(run));
      this.#underWay.add(run);
    }
  }
}

export function newVerification(): Verification {
  return {
    id: randomUUID(),
    messages: [],
    acceptances: [],
    typedRight: false,
    wrongAnswers: [],
  };
}

/** One user, from asking for a code to typing it. Gives up where a message can't be sent. */
async function logIn(service: Front, verification: Verification, plan: Plan): Promise<void> {
  const { id: verificationId, messages } = verification;
  for (let sent = 0; sent < plan.messages; sent += 1) {
    const answer = await service.post('/send', { verificationId });
    if (answer?.status === 201) messages.push(answer.body as Verification['messages'][number]);
  }
  if (messages.length === 0) return;
  for (const code of plan.wrongCodes) {
    const answer = await service.post('/verify', { verificationId, code });
    if (answer) checkAnswer(verification, answer, code);
  }
  if (plan.succeeds) await typeRight(service, verification, plan.patient ? TRIES : 1);
}

/** Types the right code, and again where no answer came. */
export async function typeRight(
  service: Front,
  verification: Verification,
  tries: number,
): Promise<void> {
  verification.typedRight = true;
  for (let i = 0; i < tries; i += 1) {
    const answer = await service.post('/verify', {
      verificationId: verification.id,
      code: 'right',
    });
    if (answer) {
      checkAnswer(verification, answer, 'right');
      const settledAt = answer.headers.get('x-settled-at');
      verification.acceptances.push({ settledAt: settledAt ? Number(settledAt) : undefined });
      return;
    }
    await sleep(100);
  }
}

const EXPECTED = { right: [200, true], wrong: [200, false], refused: [401, undefined] } as const;

/** The answer must be the handler's own, whatever befell the conversion. */
function checkAnswer(
  verification: Verification,
  { status, body }: Answer,
  code: keyof typeof EXPECTED,
): void {
  const { success } = (body ?? {}) as { success?: boolean };
  if (status === EXPECTED[code][0] && success === EXPECTED[code][1]) return;
  verification.wrongAnswers.push(`${status} ${JSON.stringify(body)} to a ${code} code`);
}
