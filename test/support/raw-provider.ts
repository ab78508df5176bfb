import { once } from 'node:events';
import { AddressInfo, Server, Socket, createServer } from 'node:net';

/** What a connection is answered with, once a request has come in whole. */
export type RawAnswer = (socket: Socket) => void;

const ACCEPTED = JSON.stringify({
  api_id: 'db3ce55a-7f1d-11e1-8ea7-1231380bc196',
  message: 'message(s) queued',
  message_uuid: ['2d1e2b5a-7f1d-11e1-8ea7-1231380bc196'],
});

/** A whole answer, with its headers. */
export function http(status: number, headers: readonly string[], body = ''): string {
  return [`HTTP/1.1 ${status} Status`, ...headers, '', body].join('\r\n');
}

/** A provider below HTTP: it can answer what no HTTP server would. */
export class RawProvider {
  /** Requests that came in whole. */
  requests = 0;
  readonly #answers: RawAnswer[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<RawProvider> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawProvider(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers the next request so; those after it are accepted. */
  answerOnce(answer: RawAnswer): void {
    this.#answers.push(answer);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let received = '';
    socket
      .on('close', () => this.#sockets.delete(socket))
      .on('error', () => socket.destroy())
      .on('data', (chunk) => {
        received += chunk.toString('latin1');
        const length = /content-length: (\d+)\r\n/i.exec(received);
        const start = received.indexOf('\r\n\r\n') + 4;
        if (!length || start < 4 || received.length < start + Number(length[1])) return;
        received = '';
        this.requests += 1;
        const answer = this.#answers.shift() ?? accept;
        answer(socket);
      });
  }
}

const accept: RawAnswer = (socket) =>
  socket.write(http(202, [`content-length: ${ACCEPTED.length}`], ACCEPTED));
