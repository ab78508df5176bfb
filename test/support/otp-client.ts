import type { PlivoSandbox } from '../../lib/sandbox/index.js';

/** What an app answered, with its JSON body. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A browser's part in a login, over HTTP. */
export class OtpClient {
  constructor(
    private readonly url: string,
    private readonly sandbox: PlivoSandbox,
  ) {}

  async post(path: string, body: object): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { status, headers } = response;
    return { status, headers, body: (await response.json()) as Record<string, unknown> };
  }

  /** Asks for a code; returns the verification, and what came in on the phone. */
  async send(phoneNumber: string): Promise<Sent> {
    const { status, body } = await this.post('/otp/send', { phoneNumber });
    if (status !== 201) throw new Error(`send answered ${status}: ${JSON.stringify(body)}`);
    return { verificationId: body.verificationId as string, ...this.#newest() };
  }

  async resend(verificationId: string): Promise<Sent> {
    const { status, body } = await this.post('/otp/resend', { verificationId });
    if (status !== 201) throw new Error(`resend answered ${status}: ${JSON.stringify(body)}`);
    return { verificationId, ...this.#newest() };
  }

  verify(verificationId: string, code: string): Promise<Answer> {
    return this.post('/otp/verify', { verificationId, code });
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
