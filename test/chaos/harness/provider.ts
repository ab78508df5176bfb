import { filter, firstValueFrom, map } from 'rxjs';
import type { SandboxFault } from 'nestjs-conversion-feedback/sandbox';
import { Child } from './child.js';
import type {
  Received,
  SandboxAddress,
  SandboxQuestion,
  SandboxSettings,
  SentOut,
} from './protocol.js';
import { chaosTime } from './time.js';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The sandbox, in a process of its own: Plivo's place in these scenarios. */
export class Provider {
  /** When it went down, and cut its connections: an answer on its way is cut as well. */
  readonly wentDownAt: number[] = [];
  #lastId = 0;

  private constructor(
    private readonly child: Child,
    readonly address: SandboxAddress,
  ) {}

  static async start(settings: SandboxSettings = {}): Promise<Provider> {
    const child = new Child('sandbox.js', { CHAOS_SANDBOX: JSON.stringify(settings) });
    const address = await firstValueFrom(child.told$.pipe(map((told) => (told as Answer).value)), {
      defaultValue: undefined,
    });
    if (!address) throw new Error(`The sandbox ended at once:\n${child.output}`);
    return new Provider(child, address as SandboxAddress);
  }

  /** Lets the next requests go wrong. */
  fail(fault: SandboxFault): Promise<void> {
    return this.#ask({ ask: 'fail', fault });
  }

  clearFaults(): Promise<void> {
    return this.#ask({ ask: 'clear' });
  }

  down(how: 'refuse' | 'cut'): Promise<void> {
    this.wentDownAt.push(chaosTime());
    return this.#ask({ ask: 'down', how });
  }

  up(): Promise<void> {
    return this.#ask({ ask: 'up' });
  }

  /** Up, and without faults. */
  async heal(): Promise<void> {
    await this.clearFaults();
    await this.up();
  }

  messages(): Promise<SentOut[]> {
    return this.#ask({ ask: 'messages' });
  }

  /** Every request, in the order they came. */
  requests(): Promise<Received[]> {
    return this.#ask({ ask: 'requests' });
  }

  async stop(): Promise<void> {
    await this.child.kill();
  }

  async #ask<T>(question: SandboxQuestion): Promise<T> {
    const id = ++this.#lastId;
    const ended: Answer = { id, error: `it ended:\n${this.child.output}` };
    const answer = firstValueFrom(
      this.child.told$.pipe(
        map((told) => told as Answer),
        filter((told) => told.id === id),
      ),
      { defaultValue: ended },
    );
    this.child.send({ id, question });
    const { value, error } = await answer;
    if (error) throw new Error(`The sandbox couldn't ${question.ask}: ${error}`);
    return value as T;
  }
}
