import { LoggerService } from '@nestjs/common';
import { StorageError } from '../conversion-feedback.errors.js';
import { Clock } from '../delivery/clock.js';
import { ConversionStorage, ConversionStorageHost } from './conversion-storage.js';

/** Ms between two tries to open a storage that can't be opened. */
const RETRY_INTERVAL = 5_000;

/**
 * Keeps a storage open for as long as the app runs.
 *
 *     closed ── open() ──> opening ── it opens ──> open
 *                            ^  │                    │
 *            5 s later ──────┤  └── it can't ──> ailing
 *                            └──── it was lost <─────┘
 *
 * - opening, ailing: the app runs, and whatever it asks of the storage is rejected with a
 *   StorageError; a login doesn't wait for that (see Recorder).
 * - open: the storage says by itself when it is of no use any more (`lost`): its file was deleted.
 *
 * A storage that can never work, because an option is wrong, is not kept trying: that stops the boot.
 */
export class StorageKeeper {
  #host?: ConversionStorageHost;
  readonly #closing = new AbortController();
  #opening: Promise<void> = Promise.resolve();
  #delivering = false;
  #complaint?: string;
  #cancelRetry?: () => void;

  constructor(
    private readonly storage: ConversionStorage,
    private readonly clock: Clock,
    private readonly logger: LoggerService,
  ) {}

  /**
   * Opens the storage. Where it can't be opened now, resolves all the same, and it is tried again.
   * @throws InvalidOptionsError, or whatever else than a StorageError the storage throws
   */
  open(host: Omit<ConversionStorageHost, 'lost' | 'closing'>): Promise<void> {
    const { signal: closing } = this.#closing;
    this.#host = { ...host, closing, lost: (why) => this.#lost(why) };
    return (this.#opening = this.#open());
  }

  /** Delivers, now or as soon as the storage is open. */
  deliver(): void {
    this.#delivering = true;
    if (this.#isOpen()) this.storage.deliver();
  }

  async stopDelivering(timeout: number): Promise<void> {
    this.#delivering = false;
    this.#closing.abort();
    await this.#opening.catch(() => {});
    await this.storage.stopDelivering(timeout);
  }

  async close(): Promise<void> {
    this.#host = undefined;
    this.#cancelRetry?.();
    this.#closing.abort();
    await this.#opening.catch(() => {});
    await this.storage.close();
  }

  #isOpen(): boolean {
    return this.#host !== undefined && this.#complaint === undefined;
  }

  async #open(): Promise<void> {
    if (!this.#host) return;
    try {
      await this.storage.open(this.#host);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#ailing(error);
      return;
    }
    if (this.#complaint) this.logger.log('The storage is open again');
    this.#complaint = undefined;
    if (this.#delivering) this.storage.deliver();
  }

  #ailing({ message }: StorageError): void {
    if (this.#complaint !== message) {
      this.logger.error(
        `${message}. Logins go on, and nothing is recorded until the storage can be opened: that is tried every 5 s`,
      );
    }
    this.#complaint = message;
    this.#cancelRetry = this.clock.after(RETRY_INTERVAL, () => {
      this.#opening = this.#reopen();
    });
  }

  /** The app runs: whatever is wrong now must not end it. */
  #reopen(): Promise<void> {
    return this.#open().catch((error: unknown) => this.#ailing(new StorageError(String(error))));
  }

  #lost(why: StorageError): void {
    if (!this.#isOpen()) return;
    this.#complaint = why.message;
    this.logger.error(`${why.message}: it is opened anew`);
    this.#opening = this.storage.close().then(
      () => this.#reopen(),
      () => this.#reopen(),
    );
  }
}
