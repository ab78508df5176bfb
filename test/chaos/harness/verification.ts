import type { SeededRandom } from './random.js';

/** What a user will do; drawn before, so that a seed repeats it. */
export interface Plan {
  /** Messages that are sent before a code is typed. */
  readonly messages: number;
  /** Wrong codes that are typed first. */
  readonly wrongCodes: readonly ('refused' | 'wrong')[];
  /** Whether the right code is typed in the end. */
  readonly succeeds: boolean;
  /** Whether the user tries again where no answer came. */
  readonly patient: boolean;
}

export function drawPlan(random: SeededRandom): Plan {
  const wrongCode = () => random.pick(['refused', 'wrong'] as const);
  return {
    messages: random.chance(0.15) ? 2 : 1,
    wrongCodes: random.chance(0.15) ? [wrongCode()] : [],
    succeeds: random.chance(0.92),
    patient: random.chance(0.6),
  };
}

/** A message as the client knows it. */
export interface KnownMessage {
  readonly messageUuid: string;
  /** When the app confirmed that it is tracked; absent: it answered before that. */
  readonly trackedAt?: number;
}

/** A right code that was typed, and what the client heard. */
export interface Acceptance {
  /** When the app had recorded it; absent: it answered before that. */
  readonly settledAt?: number;
}

/** All that a client knows of one verification. */
export interface Verification {
  readonly id: string;
  readonly messages: KnownMessage[];
  /** 2xx answers to the right code. */
  readonly acceptances: Acceptance[];
  /** Whether the right code was typed at all, answered or not. */
  typedRight: boolean;
  /** Answers that the undecorated handler would not have given. */
  readonly wrongAnswers: string[];
}
