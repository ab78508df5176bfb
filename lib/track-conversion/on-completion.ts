import { MonoTypeOperatorFunction, Observable } from 'rxjs';

/**
 * Passes everything through as it comes. Only the completion waits, for what `completed` makes of
 * the last value; it must not throw or reject.
 *
 * Unsubscription (a client that hangs up, a timeout further out) doesn't reach the source unless
 * `cancellable`: a handler that got the code right is done with it, whoever listens.
 */
export function onCompletion<T>(
  completed: (last: T | undefined) => Promise<void> | undefined,
  cancellable: boolean,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      let last: T | undefined;
      const subscription = source.subscribe({
        next: (value) => {
          last = value;
          subscriber.next(value);
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          const wait = completed(last);
          if (wait) void wait.then(() => subscriber.complete());
          else subscriber.complete();
        },
      });
      return cancellable ? subscription : undefined;
    });
}
