import { setTimeout as sleep } from 'node:timers/promises';
import { newVerification, typeRight } from './load.js';
import type { Service } from './service.js';
import { chaosTime } from './time.js';
import type { KnownMessage, Verification } from './verification.js';

/** How many requests the client has under way while it prepares something. */
const AT_ONCE = 20;

/** Verifications whose message is sent, and whose code isn't typed yet. */
export async function backlogOf(service: Service, count: number): Promise<Verification[]> {
  const verifications = Array.from({ length: count }, newVerification);
  await eachAtOnce(verifications, async ({ id: verificationId, messages }) => {
    const answer = await service.post('/send', { verificationId });
    if (answer?.status !== 201) throw new Error(`A message can't be sent:\n${service.output}`);
    messages.push(answer.body as KnownMessage);
  });
  return verifications;
}

/** Types the right code of each, as fast as the app answers. */
export function settleAll(service: Service, verifications: readonly Verification[]): Promise<void> {
  return eachAtOnce(verifications, (verification) => typeRight(service, verification, 1));
}

/** Types the right code of each, so many a second. */
export async function settleAtRate(
  service: Service,
  verifications: readonly Verification[],
  rate: number,
): Promise<void> {
  const begun = chaosTime();
  const underWay: Promise<void>[] = [];
  for (const [index, verification] of verifications.entries()) {
    await sleep(Math.max(0, begun + (index * 1_000) / rate - chaosTime()));
    underWay.push(typeRight(service, verification, 1));
  }
  await Promise.all(underWay);
}

async function eachAtOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
