import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../processes/app.js';
import type { AppSettings } from '../processes/app/settings.js';
import type { Provider } from '../processes/provider.js';
import { startRedis } from './redis.js';
import { Remote } from './remote.js';

const folders = new Set<string>();
process.on('exit', () => folders.forEach(remove));

/** What a row puts up: processes, and folders for their files. All of it goes when the row ends. */
export class Stage {
  readonly #ends: (() => Promise<void>)[] = [];

  /** Makes a stage for as long as a function runs. */
  static async for<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
    const stage = new Stage();
    try {
      return await play(stage);
    } finally {
      for (const end of stage.#ends.reverse()) await end();
    }
  }

  /** Starts a process. */
  start<C>(script: string, settings?: object): Remote<C> {
    const remote = new Remote<C>(script, settings);
    this.#ends.push(() => remote.kill());
    return remote;
  }

  app(settings: AppSettings): Remote<App> {
    return this.start<App>('app.js', settings);
  }

  /** Starts what stands in for Plivo. */
  async provider(settings: { delay?: number } = {}) {
    const remote = this.start<Provider>('provider.js', settings);
    return { remote, url: await remote.ask('url') };
  }

  /** A folder of its own, on the disk that TMPDIR says. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'conversion-feedback-bench-'));
    folders.add(folder);
    this.#ends.push(async () => remove(folder));
    return folder;
  }

  /** Starts a Redis; resolves with its port. */
  async redis(): Promise<number> {
    const { port, stop } = await startRedis(await this.folder());
    this.#ends.push(stop);
    return port;
  }
}

function remove(folder: string): void {
  // What was just killed may still write.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}
