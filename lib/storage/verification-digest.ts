import { hash } from 'node:crypto';

/** Of SHA-256's 43 characters so many: 132 bits, of which no two ids are ever the same. */
const LENGTH = 22;

/**
 * A verification's id as it is stored: its length is fixed, and no phone number stands in it. Where
 * the id is a number, though, the digest can be guessed.
 */
export function digestOf(verificationId: string): string {
  return hash('sha256', verificationId, 'base64url').slice(0, LENGTH);
}
