import { isDeepStrictEqual } from 'node:util';

/** Whether two values say the same. What came from another process has other prototypes. */
export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(plain(a), plain(b));
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
