import type { Provider } from './provider.js';
import type { Records } from './records.js';
import type { Service } from './service.js';
import { findRepeats, type Repeats } from './repeats.js';
import { judge, type Forgivable, type Outcome, type Verdict } from './judgement.js';
import type { Verification } from './verification.js';

/** What became of everything, counted by message_uuid, or by verification where that is said. */
export interface Tally {
  /** Verifications whose right code was answered with 2xx. */
  readonly accepted: number;
  /** Reports that the service said were recorded. */
  readonly recorded: number;
  /** Messages of which the provider took a report. */
  readonly delivered: number;
  readonly repeats: Repeats;
  /** Reports that are kept as failed. */
  readonly failed: number;
  /** Verifications, by verdict. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** The verifications of which something was forgotten, and may be. */
  readonly forgotten: readonly Verification[];
  /** Reports that were said to be recorded, and are neither delivered nor kept. */
  readonly missing: number;
  /** Outcomes that the service said it couldn't record. */
  readonly dropped: number;
  /** The first few things that must not be, each in a sentence. */
  readonly violations: readonly string[];
}

export interface TallyRules {
  /** Requests in flight at most: so many repeats a kill may cause. */
  readonly concurrency: number;
  readonly forgivable?: Forgivable;
  /** Whether all processes deliver, and not one at a time. */
  readonly allDeliver?: boolean;
}

/** What took part. */
export interface Seen {
  readonly provider: Provider;
  readonly service: Pick<Service, 'failed' | 'killedAt'>;
  readonly records: Records;
}

/** Holds all that was seen against what is promised. Call it once nothing is pending. */
export async function takeTally(
  verifications: readonly Verification[],
  { provider, service, records }: Seen,
  { concurrency, forgivable, allDeliver = false }: TallyRules,
): Promise<Tally> {
  const [messages, requests, failed] = await Promise.all([
    provider.messages(),
    provider.requests(),
    service.failed(),
  ]);
  const kept = new Map(failed.map(({ messageUuid, status }) => [messageUuid, status]));
  const said = new Map(
    messages.map(({ messageUuid, reports }) => [
      messageUuid,
      reports.at(-1) ?? kept.get(messageUuid),
    ]),
  );
  const byVerification = new Map<string, Outcome[]>();
  for (const { messageUuid, text } of messages) {
    const recordedAt = records.recorded.get(messageUuid)?.at;
    const outcome = { messageUuid, said: said.get(messageUuid), recordedAt };
    byVerification.set(text, [...(byVerification.get(text) ?? []), outcome]);
  }

  const violations: string[] = [];
  const verdicts = { kept: 0, lost: 0, wrong: 0, unrecorded: 0, forgotten: 0 };
  const forgotten: Verification[] = [];
  for (const verification of verifications) {
    const outcomes = byVerification.get(verification.id) ?? [];
    const verdict = judge(verification, outcomes, forgivable);
    verdicts[verdict] += 1;
    if (verdict === 'forgotten') forgotten.push(verification);
    if (verdict === 'lost' || verdict === 'wrong')
      violations.push(`${verdict}: ${JSON.stringify({ verification, outcomes })}`);
    violations.push(...verification.wrongAnswers.map((answer) => `the app answered ${answer}`));
  }
  const missing = [...records.recorded].filter(
    ([messageUuid, { status, at }]) => said.get(messageUuid) !== status && !forgivable?.(at),
  );
  violations.push(
    ...missing.map(
      ([uuid, report]) => `recorded ${JSON.stringify(report)}, but ${uuid} is ${said.get(uuid)}`,
    ),
  );
  const repeats = findRepeats(requests, {
    killedAt: service.killedAt,
    handovers: allDeliver ? [] : records.handovers,
    cutAt: provider.wentDownAt,
    asked: records.asked,
  });
  violations.push(
    ...repeats.unexplained.map(
      (repeat) => `reported again without a reason: ${JSON.stringify(repeat)}`,
    ),
    ...repeats.atOnce.map((uuid) => `${uuid} was reported by two requests at once`),
  );
  if (repeats.mostByOneKill > concurrency)
    violations.push(
      `a kill had ${repeats.mostByOneKill} reports repeated, more than were in flight`,
    );
  return {
    accepted: verifications.filter(({ acceptances }) => acceptances.length > 0).length,
    recorded: records.recorded.size,
    delivered: messages.filter(({ reports }) => reports.length > 0).length,
    repeats,
    failed: failed.length,
    verdicts,
    forgotten,
    missing: missing.length,
    dropped: records.dropped,
    violations,
  };
}
