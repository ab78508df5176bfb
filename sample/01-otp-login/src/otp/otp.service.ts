import { randomInt } from 'node:crypto';
import {
  GoneException,
  HttpException,
  HttpStatus,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { Environment } from '../environment.js';
import { CODE_LENGTH, CODE_LIFETIME } from './otp.policy.js';
import { Verification } from './verification.js';
import { VerificationStore } from './verification.store.js';

/** The sender in the sandbox's inbox. */
const SANDBOX_SRC = '14155550100';

/** Sends codes and checks them. */
@Injectable()
export class OtpService {
  constructor(
    private readonly feedback: ConversionFeedbackService,
    private readonly verifications: VerificationStore,
    private readonly environment: Environment,
  ) {}

  /** Starts a verification. */
  async send(phoneNumber: string): Promise<Verification> {
    const verification = new Verification(phoneNumber);
    await this.#sendCode(verification);
    this.verifications.add(verification);
    return verification;
  }

  /**
   * Sends a new code for the same verification, and the one before is void. So when the user gets
   * in, the newest message is the one that did it: it is reported CONVERTED. The older ones are
   * superseded, and reported CONVERTED_WITH_OTHERS: the user was verified, but not by them.
   */
  async resend(verificationId: string): Promise<Verification> {
    const verification = this.verifications.find(verificationId);
    if (!verification) throw gone();
    await this.#sendCode(verification);
    return verification;
  }

  /** Returns where the code is right, which uses it up; throws otherwise. */
  verify(verificationId: string, code: string): void {
    const verification = this.verifications.find(verificationId);
    if (!verification?.isOpen) throw gone();
    if (!verification.try(code)) throw wrongCode(verification.triesLeft);
    this.verifications.remove(verification);
  }

  async #sendCode(verification: Verification): Promise<void> {
    if (!verification.takeCode()) throw tooManyCodes();
    const code = randomInt(10 ** CODE_LENGTH)
      .toString()
      .padStart(CODE_LENGTH, '0');
    await this.feedback.send({
      verificationId: verification.id,
      src: this.environment.PLIVO_SRC ?? SANDBOX_SRC,
      dst: verification.phoneNumber,
      text: `Your code is ${code}. It is good for ${CODE_LIFETIME / 60} minutes. Give it to nobody.`,
      // Or Plivo keeps the text, and so the code, for days.
      log: false,
      messageExpiry: CODE_LIFETIME,
    });
    verification.expect(code);
  }
}

const wrongCode = (triesLeft: number): HttpException =>
  new UnauthorizedException({
    statusCode: HttpStatus.UNAUTHORIZED,
    error: 'WrongCode',
    message:
      triesLeft > 0
        ? `That code isn't right. ${triesLeft === 1 ? '1 try' : `${triesLeft} tries`} left.`
        : "That code isn't right, and this was the last try. Ask for a new code.",
    triesLeft,
  });

/** The same for unknown, expired and burnt: a guesser learns nothing. */
const gone = (): HttpException =>
  new GoneException({
    statusCode: HttpStatus.GONE,
    error: 'CodeGone',
    message: "This code can't be used any more. Ask for a new one.",
  });

const tooManyCodes = (): HttpException =>
  new HttpException(
    {
      statusCode: HttpStatus.TOO_MANY_REQUESTS,
      error: 'TooManyCodes',
      message: 'No more codes can be sent for this login. Start again with your phone number.',
    },
    HttpStatus.TOO_MANY_REQUESTS,
  );
