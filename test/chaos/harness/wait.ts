import { firstValueFrom, type Observable, throwError, timeout } from 'rxjs';

/** Longest wait for anything that must come, in ms: a loaded machine takes its time to boot an app. */
const PATIENCE = 60_000;

/** Resolves with the first of what comes; rejects where nothing does. */
export function firstOf<T>(source: Observable<T>, what: string): Promise<T> {
  const tooLate = () => throwError(() => new Error(`${what} didn't come in ${PATIENCE} ms`));
  return firstValueFrom(source.pipe(timeout({ first: PATIENCE, with: tooLate })));
}
