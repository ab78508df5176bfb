import type { ConversionStatus } from 'nestjs-conversion-feedback';
import type { Verification } from './verification.js';

/** A message, and the last word that stands of it: at the provider, or kept as failed. */
export interface Outcome {
  readonly messageUuid: string;
  readonly said?: ConversionStatus | `${ConversionStatus}`;
  /** When the service told us that a report of it was recorded. */
  readonly recordedAt?: number;
}

/**
 * - `kept`: all is as promised
 * - `lost`: something was recorded, and is nowhere
 * - `wrong`: something stands that doesn't fit what happened
 * - `unrecorded`: the app answered before it had recorded (`recordTimeout`), and died
 * - `forgotten`: lost, but confirmed so shortly before a power cut that it may be
 */
export type Verdict = 'kept' | 'lost' | 'wrong' | 'unrecorded' | 'forgotten';

/** Whether what was confirmed at this moment may be forgotten since. */
export type Forgivable = (confirmedAt: number) => boolean;

/**
 * Holds what the client heard of a verification against what stands of its messages.
 *
 * A message is certain where the app confirmed that it is tracked, for good. After a success the
 * newest certain message is CONVERTED and older ones are CONVERTED_WITH_OTHERS; one that isn't
 * certain may be either, or nothing.
 *
 * @param messages all that the provider sent for it, in that order
 * @param forgivable absent where nothing may be forgotten
 */
export function judge(
  verification: Verification,
  messages: readonly Outcome[],
  forgivable?: Forgivable,
): Verdict {
  const said = messages.filter((message) => message.said !== undefined);
  if (!verification.typedRight) return said.length === 0 ? 'kept' : 'wrong';

  const trackedAt = new Map(
    verification.messages.map((known) => [known.messageUuid, known.trackedAt]),
  );
  const isCertain = ({ messageUuid }: Outcome): boolean => {
    const at = trackedAt.get(messageUuid);
    return at !== undefined && !forgivable?.(at);
  };
  const settledAt = [
    ...verification.acceptances.map((acceptance) => acceptance.settledAt),
    ...messages.map(({ recordedAt }) => recordedAt),
  ].filter((at) => at !== undefined);

  if (said.length === 0) {
    if (verification.acceptances.length === 0 && settledAt.length === 0) return 'kept';
    if (settledAt.length === 0 || ![...trackedAt.values()].some((at) => at !== undefined))
      return 'unrecorded';
    const mayBeForgotten = forgivable && (settledAt.every(forgivable) || !messages.some(isCertain));
    return mayBeForgotten ? 'forgotten' : 'lost';
  }
  const winner = messages.findLastIndex((message) => message.said === 'CONVERTED');
  const missing: Verdict = forgivable && settledAt.every(forgivable) ? 'forgotten' : 'lost';
  if (winner === -1) return missing;
  const winnerIsCertain = isCertain(messages[winner]);
  const verdicts = messages.map((message, index): Verdict => {
    if (index === winner) return 'kept';
    if (index > winner && winnerIsCertain && isCertain(message)) return 'wrong';
    if (message.said === undefined) return isCertain(message) ? missing : 'kept';
    return message.said === 'CONVERTED_WITH_OTHERS' ? 'kept' : 'wrong';
  });
  return (
    (['wrong', 'lost', 'forgotten'] as const).find((each) => verdicts.includes(each)) ?? 'kept'
  );
}
