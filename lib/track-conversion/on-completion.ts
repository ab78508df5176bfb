import { MonoTypeOperatorFunction, Observable } from 'rxjs';

/** How a handler's values are treated on their way. */
export interface Passage {
  /** Whether unsubscription (a client that hangs up) ends the handler at once. */
  readonly cancellable: boolean;
  /**
   * Whether a value that comes in one step with the completion waits with it. It has to where each
   * value is sent as it comes: the answer would leave before the conversion is recorded.
   */
  readonly lastValueWaits: boolean;
}

/**
 * Passes everything through as it comes. Only the completion waits, for what `completed` makes of
 * the last value; it must not throw or reject.
 *
 * Unsubscription before the first value reaches the handler with that value: one that got the code
 * right is done with it, whoever listens. After it, it does at once: what streams may be endless.
 *
 * @param completed gets the last value, and whether there was one
 */
export function onCompletion<T>(
  completed: (last: T | undefined, hasValue: boolean) => Promise<void> | undefined,
  { cancellable, lastValueWaits }: Passage,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      let last: T | undefined;
      let hasValue = false;
      let held: (() => void) | undefined;
      // A value that was enough for whoever listens may come in one step with the completion.
      const endSoon = (): void => queueMicrotask(() => subscription.unsubscribe());
      const release = (): void => {
        held?.();
        held = undefined;
      };
      const subscription = source.subscribe({
        next: (value) => {
          last = value;
          hasValue = true;
          release();
          if (subscriber.closed) return endSoon();
          if (!lastValueWaits) return subscriber.next(value);
          const send = (): void => subscriber.next(value);
          held = send;
          queueMicrotask(() => {
            if (held === send) release();
          });
        },
        error: (error) => {
          release();
          subscriber.error(error);
        },
        complete: () => {
          const send = held;
          held = undefined;
          const finish = (): void => {
            send?.();
            subscriber.complete();
          };
          const wait = completed(last, hasValue);
          if (wait) void wait.then(finish);
          else finish();
        },
      });
      return () => {
        if (cancellable) subscription.unsubscribe();
        else if (hasValue) endSoon();
      };
    });
}
