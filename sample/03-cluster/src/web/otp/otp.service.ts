import { randomInt, randomUUID } from 'node:crypto';
import { GoneException, Injectable, UnauthorizedException } from '@nestjs/common';
import { ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { WebEnvironment } from '../web.environment.js';
import { CODE_LIFETIME, CodeStore } from './code.store.js';

/** The sender in the sandbox's inbox. */
const SANDBOX_SRC = '14155550100';

/** Sends codes and checks them: any instance checks what any other one sent. */
@Injectable()
export class OtpService {
  constructor(
    private readonly feedback: ConversionFeedbackService,
    private readonly codes: CodeStore,
    private readonly environment: WebEnvironment,
  ) {}

  async send(phoneNumber: string): Promise<string> {
    const verificationId = randomUUID();
    const code = randomInt(1_000_000).toString().padStart(6, '0');
    // Kept before it is sent: without Redis nobody gets a code that nobody can check.
    await this.codes.keep(verificationId, code);
    await this.feedback.send({
      verificationId,
      src: this.environment.PLIVO_SRC ?? SANDBOX_SRC,
      dst: phoneNumber,
      text: `Your code is ${code}. It is good for ${CODE_LIFETIME / 60} minutes. Give it to nobody.`,
      // Or Plivo keeps the text, and so the code, for days.
      log: false,
      messageExpiry: CODE_LIFETIME,
    });
    return verificationId;
  }

  /** Returns where the code is right, which uses it up; throws otherwise. */
  async verify(verificationId: string, code: string): Promise<void> {
    switch (await this.codes.try(verificationId, code)) {
      case 'right':
        return;
      case 'wrong':
        throw new UnauthorizedException("That code isn't right.");
      case 'gone':
        throw new GoneException("This code can't be used any more. Ask for a new one.");
    }
  }
}
