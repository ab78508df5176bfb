import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * A port that can be closed at once, with everything on it, and opened again. Whoever asks for either
 * while the other is under way gets it afterwards: the last to ask has the last word.
 */
export class Listener {
  readonly #sockets = new Set<Socket>();
  #server?: Server;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(
    private readonly handle: (request: IncomingMessage, response: ServerResponse) => void,
    private readonly host: string,
    /** 0 until the first `open()`, then the port it got, for good. */
    public port: number,
  ) {}

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  open(): Promise<void> {
    return this.#inTurn(() => this.#open());
  }

  /** Stops listening and cuts every connection. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  /** Cuts the connections that `which` picks. */
  cut(which: (socket: Socket) => boolean): void {
    for (const socket of this.#sockets) if (which(socket)) socket.resetAndDestroy();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#lastTurn.then(step);
    this.#lastTurn = done.catch(() => {});
    return done;
  }

  async #open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer(this.handle);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: this.port, host: this.host, exclusive: true }, resolve);
    }).catch((error: NodeJS.ErrnoException) => {
      throw this.explain(error);
    });
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  private explain(error: NodeJS.ErrnoException): Error {
    const where = `${this.host}:${this.port}`;
    const reasons: Record<string, string> = {
      EADDRINUSE: `port ${this.port} on ${this.host} is taken by another process`,
      EACCES: `this user may not listen on ${where}`,
      EADDRNOTAVAIL: `${this.host} is no address of this machine`,
      ENOTFOUND: `the host name ${this.host} isn't known`,
    };
    const reason = reasons[error.code ?? ''] ?? error.message;
    return new Error(`The sandbox can't listen: ${reason}.`, { cause: error });
  }
}
