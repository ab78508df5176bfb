import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Server, createServer } from 'node:https';
import { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

/** A certificate that nobody but itself vouches for. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes one for a host; valid today unless it says until when. */
export async function selfSigned(
  host: { readonly ip: string } | { readonly name: string },
  validUntil = new Date(Date.now() + 86_400_000),
): Promise<Certificate> {
  const altName =
    'ip' in host ? { type: 7 as const, ip: host.ip } : { type: 2 as const, value: host.name };
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'provider' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(validUntil.getTime() - 2 * 86_400_000),
    notAfterDate: validUntil,
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [altName] },
    ],
  });
  return { cert, key };
}

/** Accepts every message and every report, over TLS. */
export class HttpsProvider {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Connections over which TLS was agreed on. */
  trusted = 0;

  private constructor(private readonly server: Server) {
    server
      .on('secureConnection', () => (this.trusted += 1))
      .on('request', (request: IncomingMessage, response: ServerResponse) => {
        this.requests.push(request.url ?? '');
        response.statusCode = 202;
        response.end(JSON.stringify({ api_id: randomUUID(), message_uuid: [randomUUID()] }));
      });
  }

  static async start(certificate: Certificate): Promise<HttpsProvider> {
    const server = createServer(certificate).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpsProvider(server);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
