import { describe, expect, it } from '@jest/globals';
import { Observable, Subject, firstValueFrom, lastValueFrom, of, timer } from 'rxjs';
import { take, toArray } from 'rxjs/operators';
import { onCompletion } from '../../../lib/track-conversion/on-completion.js';

const ways = [
  { cancellable: false, lastValueWaits: false },
  { cancellable: false, lastValueWaits: true },
];

describe.each(ways)('a tracked handler ($lastValueWaits)', (passage) => {
  it('is heard to its end where its first value is enough for whoever listens', async () => {
    const heard: unknown[] = [];
    const tracked = of('right').pipe(
      onCompletion((last) => {
        heard.push(last);
        return undefined;
      }, passage),
    );
    expect(await firstValueFrom(tracked)).toBe('right');
    expect(heard).toEqual(['right']);
  });

  it('is heard to its end where nobody listens any more before its first value', async () => {
    const handler = new Subject<string>();
    const heard: unknown[] = [];
    const listening = handler
      .pipe(
        onCompletion((last) => {
          heard.push(last);
          return undefined;
        }, passage),
      )
      .subscribe();
    listening.unsubscribe();
    handler.next('right');
    handler.complete();
    expect(heard).toEqual(['right']);
  });

  it('ends with its first value where it streams, and nobody listens any more', async () => {
    const handler = new Subject<string>();
    const listening = handler.pipe(onCompletion(() => undefined, passage)).subscribe();
    listening.unsubscribe();
    expect(handler.observed).toBe(true);
    handler.next('the first of many');
    await Promise.resolve();
    expect(handler.observed).toBe(false);
  });

  it('ends with its listener where it streams', async () => {
    let isEnded = false;
    const endless = new Observable<number>((subscriber) => {
      const sending = timer(0, 1).subscribe(subscriber);
      return () => {
        isEnded = true;
        sending.unsubscribe();
      };
    });
    const first = endless.pipe(
      onCompletion(() => undefined, passage),
      take(2),
      toArray(),
    );
    expect(await lastValueFrom(first)).toEqual([0, 1]);
    await Promise.resolve();
    expect(isEnded).toBe(true);
  });
});
