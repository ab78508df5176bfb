import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { WebEnvironment } from '../web.environment.js';

/** Seconds for which a code is good. */
export const CODE_LIFETIME = 5 * 60;

/** Wrong tries after which a code is burnt. */
const MAX_TRIES = 5;

/**
 * The codes that are under way, in Redis, which forgets them in time: instances share them as they
 * share the tracked messages. They are kept as keyed digests; whoever reads Redis has no code.
 */
@Injectable()
export class CodeStore implements OnApplicationShutdown {
  readonly #redis: Redis;
  readonly #secret: string;

  constructor({ REDIS_URL, OTP_SECRET }: WebEnvironment) {
    // A login that can't be checked now is answered now.
    this.#redis = new Redis(REDIS_URL, { maxRetriesPerRequest: 1, commandTimeout: 3_000 });
    // That Redis is away, the module's storage says.
    this.#redis.on('error', () => {});
    this.#secret = OTP_SECRET;
  }

  async keep(verificationId: string, code: string): Promise<void> {
    const { digest } = keysOf(verificationId);
    await this.#redis.set(digest, this.#digestOf(verificationId, code), 'EX', CODE_LIFETIME);
  }

  /** A right code is used up by it, and of two instances that try it at once one has it. */
  async try(verificationId: string, code: string): Promise<'right' | 'wrong' | 'gone'> {
    const keys = keysOf(verificationId);
    const expected = await this.#redis.getBuffer(keys.digest);
    if (!expected) return 'gone';
    if ((await this.#countTry(keys.tries)) > MAX_TRIES) return 'gone';
    if (!timingSafeEqual(expected, this.#digestOf(verificationId, code))) return 'wrong';
    return (await this.#redis.del(keys.digest)) === 1 ? 'right' : 'gone';
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#redis.quit().catch(() => this.#redis.disconnect());
  }

  /** Counts before it compares: however many come at once, no more than MAX_TRIES are looked at. */
  async #countTry(key: string): Promise<number> {
    const results = await this.#redis.multi().incr(key).expire(key, CODE_LIFETIME).exec();
    const [error, tries] = results![0];
    if (error) throw error;
    return tries as number;
  }

  #digestOf(verificationId: string, code: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${verificationId}:${code}`).digest();
  }
}

function keysOf(verificationId: string): { digest: string; tries: string } {
  const key = `sample-cluster:otp:${verificationId}`;
  return { digest: `${key}:digest`, tries: `${key}:tries` };
}
