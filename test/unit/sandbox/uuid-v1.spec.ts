import { describe, expect, it } from '@jest/globals';
import { UuidV1 } from '../../../lib/sandbox/uuid-v1.js';

describe('UUIDs of version 1', () => {
  it('hold the moment they were made', () => {
    const made = new UuidV1(() => Date.parse('2012-04-05T12:34:56.789Z')).next();

    const [low, mid, high] = made.split('-');
    const ticks = BigInt(`0x${high.slice(1)}${mid}${low}`);
    const ms = Number((ticks - 122_192_928_000_000_000n) / 10_000n);
    expect(new Date(ms).toISOString()).toBe('2012-04-05T12:34:56.789Z');
    expect(high[0]).toBe('1');
  });

  it('differ, also when the clock rests or goes back', () => {
    let now = 1_000;
    const uuids = new UuidV1(() => now);
    const made = Array.from({ length: 20_000 }, (_, i) => {
      if (i === 10_000) now = 0;
      return uuids.next();
    });

    expect(new Set(made).size).toBe(20_000);
  });
});
