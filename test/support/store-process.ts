import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Told {
  readonly did?: string;
  readonly argument?: string;
  readonly delivered?: string;
}

/** Another process on an lmdb store. */
export class StoreProcess {
  /** What its provider was told, in order. */
  readonly delivered: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ delivered }: Told) => {
      if (delivered) this.delivered.push(delivered);
    });
  }

  static async start(path: string): Promise<StoreProcess> {
    const child = fork(join(process.cwd(), 'test/support/processes/store.mjs'), [path], {
      execArgv: [],
    });
    const started = new StoreProcess(child);
    await started.until(({ did }) => did === 'open');
    return started;
  }

  /** Has something done; resolves once it is. */
  async do(action: 'deliver' | 'record' | 'flush' | 'close', argument?: string): Promise<void> {
    const done = this.until((told) => told.did === action && told.argument === argument);
    this.child.send({ action, argument });
    await done;
  }

  async untilDelivered(count: number): Promise<void> {
    while (this.delivered.length < count) await once(this.child, 'message');
  }

  /** Kills it as nothing can be caught, and resolves once it is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private until(fits: (told: Told) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the process ended with ${code}`));
      const look = (told: Told): void => {
        if (!fits(told)) return;
        this.child.off('message', look).off('exit', ended);
        resolve();
      };
      this.child.on('message', look).once('exit', ended);
    });
  }
}
