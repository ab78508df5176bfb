import { BadGatewayException, Injectable, Logger } from '@nestjs/common';
import { ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { Client } from 'plivo';
import { Environment } from '../environment.js';
import { plivoAccount } from '../plivo-account.js';

/** The sender in the sandbox's inbox. */
const SANDBOX_SRC = '14155550100';

/** One SMS that carries a code. */
export interface OtpSms {
  verificationId: string;
  dst: string;
  text: string;
  /** Seconds. */
  expiry: number;
}

/** Sends with the official SDK, and tracks what it sent. */
@Injectable()
export class SmsService {
  readonly #logger = new Logger(SmsService.name);
  readonly #plivo: Client;
  readonly #src: string;

  constructor(
    environment: Environment,
    private readonly feedback: ConversionFeedbackService,
  ) {
    const { authId, authToken, baseUrl } = plivoAccount(environment);
    this.#plivo = new Client(authId, authToken, {
      timeout: 10_000,
      ...(baseUrl && { url: `${baseUrl}/v1/Account/${authId}` }),
    });
    this.#src = environment.PLIVO_SRC ?? SANDBOX_SRC;
  }

  async send({ verificationId, dst, text, expiry }: OtpSms): Promise<void> {
    const messageUuid = await this.#create(dst, text, expiry);
    await this.feedback.track(verificationId, messageUuid, { dst });
  }

  async #create(dst: string, text: string, expiry: number): Promise<string> {
    try {
      // `log: false` has no place here: the SDK drops it, and Plivo keeps the text, and so the code,
      // for days. `ConversionFeedbackService.send` sends it.
      const { messageUuid } = await this.#plivo.messages.create(this.#src, dst, text, {
        trackable: true,
        message_expiry: expiry,
      });
      // An array: the SDK can send to many numbers at once.
      return messageUuid[0];
    } catch (error) {
      // Its name alone: the SDK's errors carry the request, with the auth token and the code.
      this.#logger.error(
        `Plivo took no message (${error instanceof Error ? error.name : 'no answer'})`,
      );
      throw new BadGatewayException("The code couldn't be sent just now. Try again in a minute.");
    }
  }
}
