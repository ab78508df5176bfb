import { randomBytes } from 'node:crypto';

/** 100 ns intervals between the start of the Gregorian calendar and 1970. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;

/**
 * Makes UUIDs of version 1, the form of Plivo's documented message_uuid: a client that accepts
 * version 4 alone fails here and not in production. (Node makes version 4 only.)
 */
export class UuidV1 {
  readonly #tail: string;
  #last = 0n;

  constructor(private readonly now: () => number) {
    const random = randomBytes(8);
    random[0] = (random[0] & 0x3f) | 0x80; // variant
    random[2] |= 0x01; // multicast bit: this node id is no network card's
    const hex = random.toString('hex');
    this.#tail = `${hex.slice(0, 4)}-${hex.slice(4)}`;
  }

  next(): string {
    const ticks = BigInt(Math.trunc(this.now())) * 10_000n + GREGORIAN_OFFSET;
    // Never the same twice, however many are made within one millisecond or with a clock at rest.
    this.#last = ticks > this.#last ? ticks : this.#last + 1n;
    const hex = this.#last.toString(16).padStart(15, '0');
    return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${this.#tail}`;
  }
}
