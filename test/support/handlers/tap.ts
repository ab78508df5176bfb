import { once } from 'node:events';
import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/** Stands between a client and a server, and keeps every byte that the client receives. */
export class Tap {
  readonly #sockets = new Set<Socket>();
  #received: Buffer[] = [];

  private constructor(private readonly server: Server) {}

  static async open(port: number): Promise<Tap> {
    const server = createServer();
    const tap = new Tap(server);
    server.on('connection', (client) => tap.#join(client, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return tap;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What the client received since it was taken last, byte by byte. */
  get received(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  take(): string {
    const bytes = this.received;
    this.#received = [];
    return bytes;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    server.on('data', (bytes) => this.#received.push(bytes));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  }
}
