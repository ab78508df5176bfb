import { EventEmitter } from 'node:events';
import type { SandboxConversion, SandboxMessage, SandboxRequest } from './records.js';

/** A request while it is being answered. */
export type OpenRequest = { -readonly [K in keyof SandboxRequest]: SandboxRequest[K] };

interface StoreEvents {
  /** A message came, or its conversion did. */
  message: [SandboxMessage];
  /** A request came, or was answered. */
  request: [SandboxRequest];
  reset: [];
  /** Any of the above. */
  change: [];
}

/** What the sandbox was sent: the newest `keep` messages, reports and requests, in memory. */
export class SandboxStore extends EventEmitter<StoreEvents> {
  readonly #messages = new Map<string, SandboxMessage>();
  #conversions: SandboxConversion[] = [];
  #requests: SandboxRequest[] = [];
  #requestCount = 0;

  constructor(
    private readonly keep: number,
    private readonly now: () => number,
  ) {
    super();
    this.setMaxListeners(0); // one for each open wait and each open page
  }

  get messages(): SandboxMessage[] {
    return [...this.#messages.values()];
  }

  get conversions(): SandboxConversion[] {
    return [...this.#conversions];
  }

  get requests(): SandboxRequest[] {
    return [...this.#requests];
  }

  message(messageUuid: string): SandboxMessage | undefined {
    return this.#messages.get(messageUuid);
  }

  /**
   * Some of the messages, oldest first.
   * @param dst only those to this number, however it is written
   * @param after only those that came after this message_uuid: all, where it isn't held (any more)
   */
  select({ dst, after }: { dst?: string; after?: string }): SandboxMessage[] {
    const { messages } = this;
    const digits = dst?.replace(/\D/g, '');
    const start = 1 + messages.findIndex(({ messageUuid }) => messageUuid === after);
    return messages.slice(start).filter((message) => (digits ?? message.dst) === message.dst);
  }

  addMessage(message: Omit<SandboxMessage, 'sentAt' | 'conversions' | 'conversion'>): void {
    const stored = { ...message, sentAt: new Date(this.now()), conversions: [] };
    this.#messages.set(message.messageUuid, stored);
    if (this.#messages.size > this.keep) {
      const [oldest] = this.#messages.keys();
      this.#messages.delete(oldest);
    }
    this.emit('message', stored);
    this.emit('change');
  }

  addConversion(
    report: Pick<SandboxConversion, 'messageUuid' | 'conversionUuid' | 'status' | 'timestamp'>,
  ): void {
    const message = this.#messages.get(report.messageUuid);
    const attempt =
      1 +
      (message?.conversions ?? this.#conversions).filter(
        ({ messageUuid }) => messageUuid === report.messageUuid,
      ).length;
    const conversion = { ...report, receivedAt: new Date(this.now()), attempt };
    bounded(this.#conversions, conversion, this.keep);
    if (message !== undefined) {
      const conversions = [...message.conversions, conversion];
      // Setting a key again keeps its place in the map, so messages stay in the order of sending.
      const updated = { ...message, conversions, conversion };
      this.#messages.set(message.messageUuid, updated);
      this.emit('message', updated);
    }
    this.emit('change');
  }

  addRequest(
    request: Pick<SandboxRequest, 'method' | 'path' | 'headers' | 'rawHeaders'>,
  ): OpenRequest {
    this.#requestCount += 1;
    const receivedAt = new Date(this.now());
    const stored = { number: this.#requestCount, ...request, body: '', receivedAt };
    bounded(this.#requests, stored, this.keep);
    this.emit('request', stored);
    this.emit('change');
    return stored;
  }

  /** Notes how a request ended. No status: it got no answer. */
  closeRequest(request: OpenRequest, status?: number, error?: string): void {
    if (request.answeredAt !== undefined) return;
    request.answeredAt = new Date(this.now());
    if (status !== undefined) request.status = status;
    if (error !== undefined) request.error = error;
    this.emit('request', request);
    this.emit('change');
  }

  reset(): void {
    this.#messages.clear();
    this.#conversions = [];
    this.#requests = [];
    this.#requestCount = 0;
    this.emit('reset');
    this.emit('change');
  }
}

function bounded<T>(list: T[], item: T, keep: number): void {
  list.push(item);
  if (list.length > keep) list.shift();
}
