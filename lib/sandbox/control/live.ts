import type { ServerResponse } from 'node:http';

const HEARTBEAT = 15_000;
/** A page that reads slower than this is cut; it comes back and gets a fresh snapshot. */
const BACKLOG_LIMIT = 1024 * 1024;

/** The open server-sent event streams. */
export class LiveStreams {
  readonly #streams = new Set<ServerResponse>();
  #heartbeat?: NodeJS.Timeout;

  /** Opens a stream and sends it its first event. */
  open(response: ServerResponse, event: string, data: unknown): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: 1000\n\n${format(event, data)}`);
    this.#streams.add(response);
    this.#heartbeat ??= setInterval(() => this.#write(': still here\n\n'), HEARTBEAT).unref();
    response.once('close', () => {
      this.#streams.delete(response);
      if (this.#streams.size === 0) this.#stopHeartbeat();
    });
  }

  /** Sends an event to every stream; `data` is only made where there is one. */
  send(event: string, data: () => unknown): void {
    if (this.#streams.size > 0) this.#write(format(event, data()));
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
    this.#stopHeartbeat();
  }

  #write(text: string): void {
    for (const stream of this.#streams) {
      if (stream.writableLength > BACKLOG_LIMIT) stream.destroy();
      else stream.write(text);
    }
  }

  #stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}

function format(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
