import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { RateLimit } from '../../lib/index.js';
import { contained, killContained } from './container.js';

interface Told {
  readonly did?: string;
  readonly argument?: string;
  readonly result?: unknown;
  readonly delivered?: string;
  readonly at?: number;
}

interface StoreOptions {
  /** A message whose report kills the process that delivers it. */
  readonly deadly?: string;
  readonly rateLimit?: RateLimit;
  /** Whether it has a container of its own. */
  readonly contained?: boolean;
}

/** Another process on an lmdb store. */
export class StoreProcess {
  /** What its provider was told, in order. */
  readonly delivered: string[] = [];
  /** When, in ms since 1970. */
  readonly deliveredAt: number[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly isContained: boolean,
  ) {
    child.on('message', ({ delivered, at }: Told) => {
      if (!delivered) return;
      this.delivered.push(delivered);
      this.deliveredAt.push(at!);
    });
  }

  static async start(path: string, options: StoreOptions = {}): Promise<StoreProcess> {
    const script = join(process.cwd(), 'test/support/processes/store.mjs');
    const args = [path, JSON.stringify(options)];
    const child = fork(script, args, options.contained ? contained : { execArgv: [] });
    const started = new StoreProcess(child, options.contained ?? false);
    await started.until(({ did }) => did === 'open');
    return started;
  }

  /** Has something done; resolves with its result once it is. */
  async do(
    action: 'deliver' | 'record' | 'flush' | 'failed' | 'sent' | 'close',
    argument?: string,
  ): Promise<unknown> {
    const done = this.until((told) => told.did === action && told.argument === argument);
    this.child.send({ action, argument });
    return (await done).result;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves once it has ended by itself. */
  async ended(): Promise<void> {
    if (!this.hasEnded) await once(this.child, 'exit');
  }

  async untilDelivered(count: number): Promise<void> {
    while (this.delivered.length < count) await once(this.child, 'message');
  }

  /** Kills it as nothing can be caught, and resolves once it is gone. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    if (this.isContained) return killContained(this.child);
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private until(fits: (told: Told) => boolean): Promise<Told> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the process ended with ${code}`));
      const look = (told: Told): void => {
        if (!fits(told)) return;
        this.child.off('message', look).off('exit', ended);
        resolve(told);
      };
      this.child.on('message', look).once('exit', ended);
    });
  }
}
