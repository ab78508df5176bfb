import { randomUUID } from 'node:crypto';
import type { ConversionFeedbackService } from 'nestjs-conversion-feedback';
import { between, type Cost, type Usage, usage } from '../vitals.js';
import type { Watch } from './settings.js';

/** Resolves with what so many deliveries cost, once they are made and those in their place recorded. */
export async function watchDeliveries(
  feedback: ConversionFeedbackService,
  { warmUp, count, refill }: Watch,
): Promise<Cost> {
  const refills: Promise<void>[] = [];
  const cost = await new Promise<Cost>((resolve) => {
    let delivered = 0;
    let before: Usage | undefined;
    const subscription = feedback.events$.subscribe(({ type }) => {
      if (type !== 'delivered') return;
      delivered += 1;
      if (refill) refills.push(verify(feedback));
      if (delivered === warmUp) before = usage();
      if (delivered < warmUp + count) return;
      subscription.unsubscribe();
      resolve(between(before!, usage()));
    });
  });
  await Promise.all(refills);
  return cost;
}

/** Lets a message be sent, and its code be typed. */
async function verify(feedback: ConversionFeedbackService): Promise<void> {
  const verificationId = randomUUID();
  await feedback.track(verificationId, randomUUID());
  await feedback.report(verificationId);
}
