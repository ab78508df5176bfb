import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversionCounts, FailedReport } from 'nestjs-conversion-feedback';
import { BehaviorSubject, filter, firstValueFrom, race, Subject } from 'rxjs';
import { Child } from './child.js';
import { get, post } from './client.js';
import type { AppSettings, Told } from './protocol.js';
import type { Provider } from './provider.js';
import { chaosTime } from './time.js';

/** Ms between two looks at what is pending. */
const LOOK = 100;

export type ServiceSettings = Omit<AppSettings, 'path' | 'baseUrl' | 'authId' | 'authToken'> & {
  /** Folder of the store; default a fresh one, removed at the end. */
  readonly path?: string;
};

/**
 * The app as its users and its operator see it: one service, through all the processes that run it
 * one after another on the same store.
 */
export class Service {
  /** All that its processes tell. */
  readonly told$ = new Subject<Told>();
  /** When its processes were killed, each time. */
  readonly killedAt: number[] = [];
  /** Ms by which the machine's wall clock is off; a process started now has it too. */
  #clockShift = 0;
  /** Unset while no process listens. */
  readonly #url = new BehaviorSubject<string | undefined>(undefined);
  readonly #ended = new Subject<never>();
  #child!: Child;

  private constructor(
    private readonly settings: AppSettings,
    private readonly removeFolder: () => Promise<void>,
  ) {}

  /** Starts it on a fresh store; resolves once it listens. */
  static async start(provider: Provider, settings: ServiceSettings = {}): Promise<Service> {
    const { url: baseUrl, authId, authToken } = provider.address;
    const folder = await mkdtemp(join(tmpdir(), 'conversion-feedback-chaos-'));
    const path = settings.path ?? join(folder, 'store');
    const service = new Service({ baseUrl, authId, authToken, ...settings, path }, () =>
      rm(folder, { recursive: true, force: true }),
    );
    service.spawn();
    await service.url;
    return service;
  }

  /** Where it listens, as soon as it does. Rejects where it ended by itself. */
  get url(): Promise<string> {
    const listening = this.#url.pipe(filter((url) => url !== undefined));
    return firstValueFrom(race(listening, this.#ended));
  }

  /** The process that runs it now; with several workers, the one above them. */
  get pid(): number {
    return this.#child.pid;
  }

  get output(): string {
    return this.#child.output;
  }

  /** Starts a process, and doesn't wait for it. */
  spawn(env: NodeJS.ProcessEnv = {}): void {
    const settings: AppSettings = { ...this.settings, clockShift: this.#clockShift };
    const child = new Child('main.js', { CHAOS_APP: JSON.stringify(settings), ...env });
    this.#child = child;
    child.told$.subscribe((said) => {
      const told = said as Told;
      if (told.kind === 'listening' && child === this.#child) this.#url.next(told.url);
      this.told$.next(told);
    });
    void child.gone().then((how) => {
      if (how === 'SIGKILL' || how === 0 || how === 'SIGTERM') return;
      this.#ended.error(new Error(`The app ended by itself (${how}):\n${child.output}`));
    });
  }

  /** Kills the process at once, at whatever it is. */
  async kill(): Promise<void> {
    this.#url.next(undefined);
    this.killedAt.push(chaosTime());
    await this.#child.kill();
  }

  /** Kills one of several workers. */
  killWorker(pid: number): void {
    this.killedAt.push(chaosTime());
    process.kill(pid, 'SIGKILL');
  }

  /** Asks the process to end; resolves with its exit code, or the signal that ended it. */
  async terminate(): Promise<number | NodeJS.Signals> {
    this.#url.next(undefined);
    this.#child.signal('SIGTERM');
    return this.#child.gone();
  }

  /** Steps the wall clock to so many ms beside the real time, for this process and later ones. */
  async stepClock(ms: number): Promise<void> {
    this.#clockShift = ms;
    await this.post('/clock', { ms });
  }

  async post(path: string, body: object) {
    return post(`${await this.url}${path}`, body);
  }

  async counts(): Promise<ConversionCounts | undefined> {
    const answer = await get(`${await this.url}/counts`);
    return answer?.body as ConversionCounts | undefined;
  }

  async failed(): Promise<FailedReport[]> {
    const answer = await get(`${await this.url}/failed`);
    if (answer?.status !== 200) throw new Error(`The app can't tell what failed:\n${this.output}`);
    return answer.body as FailedReport[];
  }

  /**
   * Waits until nothing is pending, for as long as reports go out.
   * @param patience ms without a report less
   * @returns how many reports are pending then
   */
  async drain(patience: number): Promise<number> {
    let least = Infinity;
    let giveUpAt = chaosTime() + patience;
    for (;;) {
      const counts = await this.counts();
      if (counts?.pending === 0) return 0;
      if (counts && counts.pending < least) {
        least = counts.pending;
        giveUpAt = chaosTime() + patience;
      }
      if (chaosTime() > giveUpAt) {
        if (counts) return counts.pending;
        throw new Error(`The app doesn't answer:\n${this.output}`);
      }
      await sleep(LOOK);
    }
  }

  /** Ends it, and removes its store. */
  async stop(): Promise<void> {
    await this.#child.kill();
    await this.removeFolder();
  }
}
