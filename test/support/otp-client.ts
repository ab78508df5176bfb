import type { PlivoSandbox } from '../../lib/sandbox/index.js';

/** What an app answered, with its JSON body. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A browser's part in a login, over HTTP. */
export class OtpClient {
  /** @param login where the app has its `send` and `verify` */
  constructor(
    private readonly url: string,
    private readonly sandbox: PlivoSandbox,
    private readonly login = '/otp',
  ) {}

  async post(path: string, body: object, more: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...more },
      body: JSON.stringify(body),
    });
    const { status, headers } = response;
    const text = await response.text();
    return { status, headers, body: (text ? JSON.parse(text) : {}) as Answer['body'] };
  }

  /** Asks for a code; returns the verification, and what came in on the phone. */
  async send(phoneNumber: string): Promise<Sent> {
    const { status, body } = await this.post(`${this.login}/send`, { phoneNumber });
    if (status !== 201) throw new Error(`send answered ${status}: ${JSON.stringify(body)}`);
    return { verificationId: body.verificationId as string, ...this.#newest() };
  }

  async resend(verificationId: string): Promise<Sent> {
    const { status, body } = await this.post(`${this.login}/resend`, { verificationId });
    if (status !== 201) throw new Error(`resend answered ${status}: ${JSON.stringify(body)}`);
    return { verificationId, ...this.#newest() };
  }

  verify(verificationId: string, code: string): Promise<Answer> {
    return this.post(`${this.login}/verify`, { verificationId, code });
  }

  #newest(): { code: string; messageUuid: string } {
    const { text, messageUuid } = this.sandbox.messages.at(-1)!;
    return { code: /\d{6}/.exec(text)![0], messageUuid };
  }
}

export interface Sent {
  verificationId: string;
  code: string;
  messageUuid: string;
}

/** A code of six digits that isn't this one. */
export function wrongFor(code: string): string {
  return code === '000000' ? '000001' : '000000';
}
