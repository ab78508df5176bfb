/** Digits of a code. */
export const CODE_LENGTH = 6;

/** Seconds for which a code is good. */
export const CODE_LIFETIME = 5 * 60;

/** Wrong tries after which a code is burnt. */
export const MAX_TRIES = 5;

/** Codes that one verification may be sent, the first included: each one is good for MAX_TRIES guesses. */
export const MAX_CODES = 5;

/** Seconds after which the page offers a new code. */
export const RESEND_AFTER = 30;
