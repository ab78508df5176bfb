import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ConversionFeedbackEvent } from '../../lib/index.js';

interface Told {
  readonly isUp?: true;
  readonly event?: ConversionFeedbackEvent;
  readonly closedAfter?: number;
}

/** An app on a Redis, in a process of its own. */
export class BullMQApp {
  /** What it wrote on its standard error: Nest's warnings and errors, and whatever else. */
  errors = '';
  output = '';
  readonly #told: Told[] = [];
  readonly #ended: Promise<unknown>;

  constructor(options: object) {
    const script = join(process.cwd(), 'test/support/processes/bullmq-app.mjs');
    const child = fork(script, [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    this.process = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    child.on('message', (told: Told) => this.#told.push(told));
    this.#ended = once(child, 'close');
  }

  readonly process: ChildProcess;

  up(): Promise<Told> {
    return this.#until(({ isUp }) => isUp === true);
  }

  happened(type: ConversionFeedbackEvent['type']): Promise<Told> {
    return this.#until(({ event }) => event?.type === type);
  }

  record(messageUuid: string): void {
    this.process.send({ action: 'record', argument: messageUuid });
  }

  /** Closes the app; resolves with how long that took, in ms. */
  async close(): Promise<number> {
    this.process.send({ action: 'close' });
    const { closedAfter } = await this.#until(({ closedAfter }) => closedAfter !== undefined);
    return closedAfter!;
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals> {
    await this.#ended;
    return this.process.exitCode ?? this.process.signalCode!;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }

  async #until(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const told = this.#told.find(fits);
      if (told) return told;
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) throw new Error(`It ended:\n${this.errors}`);
      await Promise.race([once(this.process, 'message'), this.#ended]);
    }
  }
}
