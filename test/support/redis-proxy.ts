import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { AddressInfo, Server, Socket, connect, createServer } from 'node:net';

/** What Redis said to a command, on its way to whoever asked. */
export interface Reply {
  pass(): void;
  /** It never comes: the connection breaks. */
  lose(): void;
}

/** Stands between a storage and its Redis. What Redis has done, the storage may learn late, or never. */
export class RedisProxy {
  readonly #sockets = new Set<Socket>();
  #awaited?: { readonly commands: readonly string[]; readonly came: (reply: Reply) => void };

  private constructor(
    private readonly server: Server,
    redisPort: number,
  ) {
    server.on('connection', (client) => this.#serve(client, connect(redisPort, '127.0.0.1')));
  }

  static async start(redisPort: number): Promise<RedisProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RedisProxy(server, redisPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves once Redis has answered the next command with one of these in it; the answer waits here. */
  replyTo(...commands: readonly string[]): Promise<Reply> {
    return new Promise((came) => (this.#awaited = { commands, came }));
  }

  /** The same for a script, which Redis is asked for by its text once, and by its digest afterwards. */
  replyToScript(lua: string): Promise<Reply> {
    return this.replyTo(lua, createHash('sha1').update(lua).digest('hex'));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #serve(client: Socket, redis: Socket): void {
    let came: ((reply: Reply) => void) | undefined;
    client.on('data', (data) => {
      if (this.#awaited?.commands.some((command) => data.includes(command))) {
        ({ came } = this.#awaited);
        this.#awaited = undefined;
      }
      redis.write(data);
    });
    redis.on('data', (data) => {
      if (!came) return void client.write(data);
      redis.pause();
      const pass = (): void => {
        client.write(data);
        redis.resume();
      };
      came({ pass, lose: () => client.destroy() });
      came = undefined;
    });
    this.#join(client, redis);
    this.#join(redis, client);
  }

  #join(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}
