import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** A server that takes whatever JSON is posted to it, and keeps it. */
export class Webhook<Posted> {
  /** Oldest first. */
  readonly received: Posted[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void json(request).then((posted) => {
        this.received.push(posted as Posted);
        response.end();
      });
    });
  }

  static async start<Posted>(): Promise<Webhook<Posted>> {
    const webhook = new Webhook<Posted>();
    await once(webhook.#server.listen(0, '127.0.0.1'), 'listening');
    return webhook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
