import { createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { GoneException, Injectable, UnauthorizedException } from '@nestjs/common';
import { SmsService } from './sms.service.js';

/** Seconds for which a code is good. */
const CODE_LIFETIME = 5 * 60;

/** Wrong tries after which a code is burnt. */
const MAX_TRIES = 5;

/** A code is one of a million: a plain hash of it could be looked up. */
const KEY = randomBytes(32);

const digestOf = (verificationId: string, code: string): Buffer =>
  createHmac('sha256', KEY).update(`${verificationId}:${code}`).digest();

/** Sends codes and checks them. */
@Injectable()
export class OtpService {
  readonly #codes = new Map<string, { digest: Buffer; triesLeft: number }>();

  constructor(private readonly sms: SmsService) {}

  async send(dst: string): Promise<string> {
    const verificationId = randomUUID();
    const code = randomInt(1_000_000).toString().padStart(6, '0');
    await this.sms.send({
      verificationId,
      dst,
      text: `Your code is ${code}. It is good for ${CODE_LIFETIME / 60} minutes. Give it to nobody.`,
      expiry: CODE_LIFETIME,
    });
    this.#codes.set(verificationId, {
      digest: digestOf(verificationId, code),
      triesLeft: MAX_TRIES,
    });
    setTimeout(() => this.#codes.delete(verificationId), CODE_LIFETIME * 1000).unref();
    return verificationId;
  }

  /** Returns where the code is right, which uses it up; throws otherwise. */
  verify(verificationId: string, code: string): void {
    const sent = this.#codes.get(verificationId);
    if (!sent) throw new GoneException("This code can't be used any more. Ask for a new one.");
    const isRight = timingSafeEqual(digestOf(verificationId, code), sent.digest);
    if (!isRight) sent.triesLeft -= 1;
    if (isRight || sent.triesLeft === 0) this.#codes.delete(verificationId);
    if (!isRight) throw new UnauthorizedException("That code isn't right.");
  }
}
