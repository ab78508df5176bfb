import fc from 'fast-check';
import { ConversionStatus, DeliveryAnswer } from '../../lib/index.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Messages, verifications and processes are named by small numbers: a sequence shrinks well so. */
type Which = number;

/** One thing that happens. */
export type Operation =
  | { does: 'track'; process: Which; verification: Which; message: Which; sentAgo?: number }
  | {
      does: 'settle';
      process: Which;
      verification: Which;
      status: ConversionStatus;
      message?: Which;
    }
  | { does: 'settle at once'; verification: Which; status: ConversionStatus; callers: number }
  | { does: 'enqueue'; process: Which; message: Which; status: ConversionStatus }
  | { does: 'retry failed'; process: Which; message?: Which }
  | { does: 'pass time'; ms: number }
  | { does: 'answer'; answers: DeliveryAnswer[] }
  | { does: 'hold requests' }
  | { does: 'release requests' }
  | { does: 'start'; process: Which }
  | { does: 'close'; process: Which }
  | { does: 'crash'; process: Which };

/** How the module is set up while things happen. */
export interface SetUp {
  readonly superseded: ConversionStatus | false;
  readonly expireAfter: number | undefined;
  readonly concurrency: number;
}

const which = (count: number): fc.Arbitrary<Which> => fc.nat(count - 1);
const status = fc.constantFrom(...Object.values(ConversionStatus));
const success = { arbitrary: fc.constant(ConversionStatus.CONVERTED), weight: 3 };
const outcome = fc.oneof(success, { arbitrary: status, weight: 2 });
/** No sums of these come near to an hour, a day or 72 hours, where something ends. */
const spans = [40 * SECOND, 11 * MINUTE, 61 * MINUTE, 13 * HOUR, 25 * HOUR, 80 * HOUR];

const reason = (code: number, message: string) => ({ status: code, message });
const answer = fc.oneof(
  fc.constant<DeliveryAnswer>({ kind: 'done' }),
  fc.constant<DeliveryAnswer>({ kind: 'rejected', reason: reason(404, 'not found') }),
  fc.constant<DeliveryAnswer>({ kind: 'not-now', reason: reason(503, 'server error') }),
  fc.constant<DeliveryAnswer>({
    kind: 'not-now',
    reason: reason(429, 'too many requests'),
    slow: true,
    retryAfter: 30 * SECOND,
  }),
  fc.boolean().map<DeliveryAnswer>((maybeOne) => ({
    kind: 'refused',
    reason: reason(maybeOne ? 403 : 401, 'refused'),
    maybeOne,
  })),
);

/** Sequences of operations on so many processes; with `mortal` ones these end and start again. */
export function sequences(
  processes: number,
  { mortal, length = 40 }: { mortal: boolean; length?: number },
): fc.Arbitrary<Operation[]> {
  const process = which(processes);
  const verification = which(3);
  const message = which(6);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2) =>
    fc.option(arbitrary, { nil: undefined, freq });
  const operation = <K extends Operation['does'], T extends object>(
    weight: number,
    does: K,
    fields: { [F in keyof T]: fc.Arbitrary<T[F]> },
  ) => ({ weight, arbitrary: fc.record({ does: fc.constant(does), ...fields }) });

  const life = [
    operation(2, 'start', { process }),
    operation(1, 'close', { process }),
    operation(2, 'crash', { process }),
  ];
  const one = fc.oneof(
    operation(8, 'track', {
      process,
      verification,
      message,
      sentAgo: maybe(fc.constantFrom(0, 2 * MINUTE, 9 * MINUTE, 2 * HOUR, 30 * HOUR), 1),
    }),
    operation(6, 'settle', {
      process,
      verification,
      status: outcome,
      message: maybe(message),
    }),
    operation(2, 'settle at once', {
      verification,
      status: outcome,
      callers: fc.integer({ min: 2, max: 8 }),
    }),
    operation(4, 'enqueue', { process, message, status }),
    operation(2, 'retry failed', { process, message: maybe(message) }),
    operation(5, 'pass time', { ms: fc.constantFrom(...spans) }),
    operation(4, 'answer', { answers: fc.array(answer, { minLength: 1, maxLength: 6 }) }),
    operation(2, 'hold requests', {}),
    operation(2, 'release requests', {}),
    ...(mortal ? life : []),
  ) as fc.Arbitrary<Operation>;
  return fc.array(one, { minLength: 1, maxLength: length, size: 'max' });
}

export const setUps: fc.Arbitrary<SetUp> = fc.record({
  superseded: fc.constantFrom(
    ConversionStatus.CONVERTED_WITH_OTHERS,
    ConversionStatus.NOT_CONVERTED,
    false as const,
  ),
  expireAfter: fc.constantFrom(undefined, HOUR),
  concurrency: fc.constantFrom(1, 2, 10),
});
