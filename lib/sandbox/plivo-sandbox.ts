import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import type { ConversionStatus } from '../conversion-status.js';
import { PlivoApi } from './api/plivo-api.js';
import { ControlApi } from './control/control-api.js';
import { Faults, type ArmedFault, type SandboxFault } from './faults.js';
import { Listener } from './http/listener.js';
import { resolveOptions, SandboxRateLimit, type PlivoSandboxOptions } from './options.js';
import { SlidingWindow } from './rate-limit.js';
import type { SandboxConversion, SandboxMessage, SandboxRequest } from './records.js';
import { SandboxStore } from './store.js';
import { UuidV1 } from './uuid-v1.js';
import { Waits } from './wait.js';

/** How a `waitFor…` waits. */
export interface WaitOptions {
  /** ms until it rejects, saying what was seen; `Infinity`: never. Default 5,000. */
  timeout?: number;
}

/**
 * `up`: answers. `cut`: listens, but cuts every connection of the API unanswered; page and control
 * API go on. `refuse`: doesn't listen at all, page included.
 */
export type SandboxAvailability = 'up' | 'cut' | 'refuse';

/**
 * A server that speaks the documented contract of Plivo's SMS API, keeps what it was sent, and
 * shows it on a page at `url`. State lives in the instance: several can run side by side.
 *
 * @example
 * const sandbox = await PlivoSandbox.start();
 * // baseUrl: sandbox.url, authId: sandbox.authId, authToken: sandbox.authToken
 * await sandbox.waitForConversion(sandbox.messages[0].messageUuid);
 * await sandbox.stop();
 */
export class PlivoSandbox {
  readonly #options: Required<PlivoSandboxOptions>;
  readonly #store: SandboxStore;
  readonly #waits: Waits;
  readonly #faults: Faults;
  readonly #rateLimit?: SlidingWindow;
  readonly #api: PlivoApi;
  readonly #control: ControlApi;
  readonly #listener: Listener;
  /** Connections that carried a request of the API: what an outage cuts. */
  readonly #apiSockets = new WeakSet<Socket>();
  /** Whether requests to the API are cut while it listens. */
  #cuts = false;
  #stopped = false;

  private constructor(options: PlivoSandboxOptions) {
    this.#options = resolveOptions(options);
    const { host, port, keep, now, rateLimit } = this.#options;
    this.#store = new SandboxStore(keep, now);
    this.#waits = new Waits(this.#store);
    this.#faults = new Faults(() => this.#control?.faultsChanged());
    if (rateLimit !== false) {
      const { max, duration } = { ...new SandboxRateLimit(), ...(rateLimit !== true && rateLimit) };
      this.#rateLimit = new SlidingWindow(max, duration, now);
    }
    this.#api = new PlivoApi({
      options: this.#options,
      store: this.#store,
      faults: this.#faults,
      rateLimit: this.#rateLimit,
      uuids: new UuidV1(now),
    });
    this.#control = new ControlApi({
      sandbox: this,
      store: this.#store,
      faults: this.#faults,
      options: this.#options,
    });
    this.#listener = new Listener(
      (request, response) => this.#handle(request, response),
      host,
      port,
    );
  }

  /** Starts a sandbox. Rejects where the port is taken. */
  static async start(options: PlivoSandboxOptions = {}): Promise<PlivoSandbox> {
    const sandbox = new PlivoSandbox(options);
    await sandbox.up();
    return sandbox;
  }

  /** Where it listens, e.g. `http://127.0.0.1:4010`: what a client takes as Plivo's base URL. */
  get url(): string {
    const { host } = this.#options;
    // A wildcard is nothing to connect to.
    const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    return `http://${isIPv6(name) ? `[${name}]` : name}:${this.#listener.port}`;
  }

  get authId(): string {
    return this.#options.authId;
  }

  get authToken(): string {
    return this.#options.authToken;
  }

  /** The messages it accepted, oldest first; each with its conversion. */
  get messages(): readonly SandboxMessage[] {
    return this.#store.messages;
  }

  /** The reports it accepted, in the order they came, repeats included. */
  get conversions(): readonly SandboxConversion[] {
    return this.#store.conversions;
  }

  /**
   * Every request to the API, in the order they came, accepted or not, as it was on the wire.
   * Credentials included: don't print it.
   */
  get requests(): readonly SandboxRequest[] {
    return this.#store.requests;
  }

  /** The faults that wait for requests. */
  get faults(): readonly ArmedFault[] {
    return this.#faults.armed;
  }

  get availability(): SandboxAvailability {
    if (!this.#listener.isOpen) return 'refuse';
    return this.#cuts ? 'cut' : 'up';
  }

  /** Lets the next requests go wrong. Faults queue up; each request takes one. */
  fail(fault: SandboxFault): void {
    const error = this.#faults.arm(fault);
    if (error !== undefined) throw new TypeError(`PlivoSandbox.fail: ${error}`);
  }

  /** Takes back the faults that still wait. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /**
   * Goes down, as a provider does, and cuts open connections. `refuse` closes the port, so that
   * connecting fails; the page is gone too. `cut` keeps listening and cuts each connection of the
   * API without an answer; page and control API go on, so this is what their "down" does. Of several
   * calls of `down`, `up` and `stop` at once the last has the last word.
   */
  async down(how: 'refuse' | 'cut' = 'refuse'): Promise<void> {
    if (this.#stopped) return;
    this.#api.release();
    if (how === 'refuse') {
      this.#control.disconnect();
      await this.#listener.close();
    } else {
      this.#cuts = true;
      await this.#listener.open();
      this.#listener.cut((socket) => this.#apiSockets.has(socket));
      this.#control.stateChanged();
    }
  }

  /** Comes back, on the same port. Rejects where another process took it meanwhile. */
  async up(): Promise<void> {
    if (this.#stopped) throw new Error('The sandbox is stopped: start a new one.');
    this.#cuts = false;
    await this.#listener.open();
    this.#control.stateChanged();
  }

  /**
   * Forgets messages, reports, requests, faults and the rate limit's count, and cuts what hangs.
   * Stays up or down as it is.
   */
  reset(): void {
    this.#faults.clear();
    this.#rateLimit?.reset();
    this.#api.release();
    this.#store.reset();
  }

  /** Ends it: connections, timers, waits. May be called twice. What it was sent stays readable. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waits.stop();
    this.#api.release();
    this.#control.disconnect();
    await this.#listener.close();
  }

  /**
   * Resolves with a message's newest conversion, at once where it's there. With `status`: with the
   * newest of that status.
   */
  waitForConversion(
    messageUuid: string,
    { timeout = 5_000, status }: WaitOptions & { status?: ConversionStatus } = {},
  ): Promise<SandboxConversion> {
    return this.#waits.until(
      () =>
        this.#store.conversions.findLast(
          (conversion) =>
            conversion.messageUuid === messageUuid &&
            (status ?? conversion.status) === conversion.status,
        ),
      () => {
        const reports = this.#store.conversions.filter((c) => c.messageUuid === messageUuid);
        return (
          `No conversion${status ? ` ${status}` : ''} of message ${messageUuid} came within ${timeout} ms. ` +
          `The message is ${this.#store.message(messageUuid) ? 'known' : 'unknown'}; ` +
          `its reports: ${list(reports.map((r) => `${r.status} at ${r.timestamp}`))}; ` +
          this.#seen()
        );
      },
      timeout,
    );
  }

  /**
   * Resolves with the newest message, at once where it's there. With `dst`: with the newest to that
   * number, however it is written. With `after`, the message_uuid of a message: with the newest that
   * came after that one, such as a resend.
   */
  waitForMessage({
    timeout = 5_000,
    dst,
    after,
  }: WaitOptions & { dst?: string; after?: string } = {}): Promise<SandboxMessage> {
    return this.#waits.until(
      () => this.#store.select({ dst, after }).at(-1),
      () => {
        const which = `${dst ? ` to ${dst}` : ''}${after ? ` after ${after}` : ''}`;
        return `No message${which} came within ${timeout} ms; ${this.#seen()}`;
      },
      timeout,
    );
  }

  /** Resolves with all requests once `count` of them have been answered or cut. */
  waitForRequests(
    count: number,
    { timeout = 5_000 }: WaitOptions = {},
  ): Promise<readonly SandboxRequest[]> {
    return this.#waits.until(
      () => {
        const requests = this.#store.requests;
        const done = requests.filter(({ answeredAt }) => answeredAt !== undefined);
        return done.length >= count ? requests : undefined;
      },
      () => `Fewer than ${count} requests ended within ${timeout} ms; ${this.#seen()}`,
      timeout,
    );
  }

  #seen(): string {
    const { messages, conversions, requests } = this.#store;
    const last = requests.slice(-5).map((request) => {
      const end = request.status ?? (request.answeredAt ? 'cut' : 'waiting');
      return `${request.method} ${request.path} -> ${end}${request.error ? ` (${request.error})` : ''}`;
    });
    return (
      `the sandbox (${this.availability}) holds ${messages.length} messages and ` +
      `${conversions.length} reports; last requests: ${list(last)}.`
    );
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const isControl = this.#control.owns(request);
    if (!isControl) this.#apiSockets.add(request.socket);
    if (!isControl && this.#cuts) return this.#api.recordCut(request);
    // A client that leaves, or a fault whose wait was ended: nobody is there to hear an answer.
    (isControl ? this.#control : this.#api)
      .handle(request, response)
      .catch(() => request.socket.destroy());
  }
}

function list(items: string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
