import autocannon, { type Options, type Result } from 'autocannon';
import { quantile } from '../../test/chaos/harness/quantile.js';
import { chaosTime } from '../../test/chaos/harness/time.js';
import { begin, serve } from './serve.js';
import { ANSWER, loginOf } from './login.js';

export interface Closed {
  readonly url: string;
  readonly connections: number;
  /** Requests in all. */
  readonly amount: number;
  /** Number of the first verification. */
  readonly from: number;
}

begin();

/**
 * As many requests as the app answers: each connection sends its next once it has an answer. It never
 * sleeps meanwhile: the app would pay for waking it with each of its answers, and a slower app more
 * often than a faster one.
 */
async function saturate({ url, connections, amount, from }: Closed) {
  let next = from;
  let isOver = false;
  const stayAwake = (): void => {
    if (!isOver) setImmediate(stayAwake);
  };
  stayAwake();
  const took: number[] = [];
  const begun = chaosTime();
  let endedAt = begun;
  const { non2xx, errors, mismatches } = await new Promise<Result>((resolve, reject) => {
    const options: Options = {
      url,
      connections,
      amount,
      // It looks whether it is done every so many ms.
      sampleInt: 100,
      timeout: 30,
      requests: [
        {
          method: 'POST',
          path: '/verify',
          headers: { 'content-type': 'application/json' },
          setupRequest: (request) => ({ ...request, body: loginOf(next++) }),
        },
      ],
      verifyBody: (body) => body === ANSWER,
    };
    autocannon(options, (error, result) => {
      if (error) reject(error as Error);
      else resolve(result);
    }).on('response', (_client, _status, _bytes, ms) => {
      took.push(ms);
      endedAt = chaosTime();
    });
  }).finally(() => (isOver = true));
  return {
    requests: took.length,
    /** Answers that were none, or not what the handler says. */
    wrong: Math.max(non2xx, mismatches) + errors + (amount - took.length),
    perSecond: (took.length * 1_000) / (endedAt - begun),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
  };
}

const commands = { saturate };
export type SaturatingLoad = typeof commands;
serve(commands);
