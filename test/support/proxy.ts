import { once } from 'node:events';
import { IncomingMessage, Server, createServer } from 'node:http';
import { AddressInfo, Socket, connect } from 'node:net';
import { Duplex } from 'node:stream';

/** A proxy that keeps what it could read of the requests that passed through it. */
export class Proxy {
  /** Targets of the tunnels that were asked for. */
  readonly tunnels: string[] = [];
  /** All it could read: request lines and headers. */
  seen = '';
  readonly #sockets = new Set<Duplex>();

  private constructor(private readonly server: Server) {
    server
      .on('connection', (socket: Socket) => this.#keep(socket))
      .on('request', (request: IncomingMessage, response) => {
        this.#note(request);
        response.writeHead(502).end();
      })
      .on('connect', (request: IncomingMessage, client: Duplex) => {
        this.#note(request);
        this.tunnels.push(request.url ?? '');
        const [host, port] = (request.url ?? '').split(':');
        const target = connect(Number(port), host, () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          client.pipe(target).pipe(client);
        });
        this.#keep(target);
        target.on('error', () => client.destroy());
        client.on('error', () => target.destroy());
      });
  }

  static async start(): Promise<Proxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Proxy(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #note({ method, url, rawHeaders }: IncomingMessage): void {
    this.seen += `${method} ${url} ${rawHeaders.join(' ')}\n`;
  }
}
