import { beforeEach, describe, expect, it } from '@jest/globals';
import { DeliveryAnswer } from '../../../lib/delivery/answer.js';
import {
  DOWN_AFTER,
  DOWN_PROBE_INTERVAL,
  Line,
  REFUSED_PROBE_INTERVAL,
} from '../../../lib/delivery/line.js';

const reason = { message: 'said so' };
const done: DeliveryAnswer = { kind: 'done' };
const rejected: DeliveryAnswer = { kind: 'rejected', reason };
const notNow: DeliveryAnswer = { kind: 'not-now', reason };
const unauthorized: DeliveryAnswer = { kind: 'refused', reason, maybeOne: false };
const forbidden: DeliveryAnswer = { kind: 'refused', reason, maybeOne: true };
const tooMany: DeliveryAnswer = { kind: 'not-now', reason, slow: true };
const wait = (retryAfter: number): DeliveryAnswer => ({ kind: 'not-now', reason, retryAfter });

describe('the line to the provider', () => {
  let line: Line;
  beforeEach(() => {
    line = new Line();
  });

  const fail = (times: number, now = 0) => {
    let change;
    for (let i = 0; i < times; i += 1) change = line.answered(notNow, i, false, now);
    return change;
  };

  it('flows on while failures are followed by successes', () => {
    for (let i = 0; i < 100; i += 1) {
      fail(DOWN_AFTER - 1);
      line.answered(done, 1, false, 0);
    }
    expect(line.block).toBeUndefined();
  });

  it('is down after so many failures in a row, says so once, and is probed once a second', () => {
    expect(fail(DOWN_AFTER, 500)).toMatchObject({
      blocked: { cause: 'down', probeAt: 500 + DOWN_PROBE_INTERVAL },
    });
    line.probing(1_500);
    expect(line.answered(notNow, 1, true, 1_600)).toBeUndefined();
    expect(line.block).toMatchObject({ probeAt: 1_500 + DOWN_PROBE_INTERVAL });
  });

  it('is probed again after a second where a probe hangs, and no sooner for its late answer', () => {
    fail(DOWN_AFTER);
    line.probing(1_000);
    expect(line.block).toMatchObject({ probeAt: 2_000 });
    line.probing(2_000);
    line.answered(notNow, 1, true, 2_500);
    expect(line.block).toMatchObject({ probeAt: 3_000 });
  });

  it('asks less and less often where one report alone gets a 5xx, and at once with another', () => {
    const serverError: DeliveryAnswer = { kind: 'not-now', reason: { status: 500, message: 'no' } };
    let now = 0;
    const waits = Array.from({ length: 20 }, () => {
      line.answered(serverError, 7, true, now);
      const wait = (line.block?.probeAt ?? now) - now;
      now += wait;
      return wait;
    });
    expect(waits.slice(4, 10)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(waits.at(-1)).toBe(600_000);
    expect(line.block).toMatchObject({ cause: 'down', suspect: 7 });
    line.answered(serverError, 8, true, now);
    expect(line.block?.probeAt).toBe(now + DOWN_PROBE_INTERVAL);
    expect(line.block?.suspect).toBeUndefined();
  });

  it('is asked every second with one report alone where no answer comes at all', () => {
    for (let now = 0; now < 60_000; now += 1_000) {
      line.probing(now);
      line.answered(notNow, 7, true, now);
    }
    expect(line.block?.probeAt).toBe(60_000);
    expect(line.block?.suspect).toBeUndefined();
  });

  it.each([
    ['done', done],
    ['rejected', rejected],
  ])('goes on once a probe is answered: %s', (_, answer) => {
    fail(DOWN_AFTER);
    expect(line.answered(answer, 1, true, 2_000)).toEqual({ resumed: 'down' });
    expect(line.block).toBeUndefined();
  });

  it('learns nothing from answers to requests that were made before it was blocked', () => {
    line.answered(unauthorized, 1, false, 0);
    expect(line.answered(done, 2, false, 10)).toBeUndefined();
    expect(line.block).toMatchObject({ cause: 'refused' });
  });

  it('is refused at the first 401, and asks again a minute later', () => {
    expect(line.answered(unauthorized, 1, false, 0)).toMatchObject({
      blocked: { cause: 'refused' },
    });
    expect(line.block).toMatchObject({ probeAt: REFUSED_PROBE_INTERVAL, suspect: undefined });
  });

  it('holds a 403 to be the fault of its message while another one passes', () => {
    expect(line.answered(forbidden, 7, false, 0)).toBeUndefined();
    expect(line.block).toMatchObject({ cause: 'refused', suspect: 7 });
    expect(line.answered(done, 8, true, 10)).toBeUndefined();
    expect(line.block).toBeUndefined();
  });

  it('holds a 403 to be the credentials’ fault once another one is refused as well', () => {
    line.answered(forbidden, 7, false, 0);
    expect(line.answered(forbidden, 8, true, 10)).toMatchObject({ blocked: { cause: 'refused' } });
    expect(line.block).toMatchObject({ suspect: undefined, probeAt: 10 + REFUSED_PROBE_INTERVAL });
  });

  it('says that it is refused where there is no other report to ask with, once', () => {
    line.answered(forbidden, 7, false, 0);
    expect(line.noOtherToAsk(1)).toMatchObject({ blocked: { cause: 'refused' } });
    expect(line.noOtherToAsk(2)).toBeUndefined();
    expect(line.answered(done, 7, true, REFUSED_PROBE_INTERVAL)).toEqual({ resumed: 'refused' });
  });

  it('waits as long as Retry-After asks for, whichever request was told', () => {
    line.answered(wait(30_000), 1, false, 100);
    expect(line.block).toMatchObject({ cause: 'slowed', probeAt: 30_100 });
    line.answered(wait(5_000), 2, false, 200);
    expect(line.block).toMatchObject({ probeAt: 30_100 });
    line.answered(wait(60_000), 3, false, 300);
    expect(line.block).toMatchObject({ probeAt: 60_300 });
  });

  it('waits longer with each 429 that names no time', () => {
    line.answered(tooMany, 1, false, 0);
    expect(line.block).toMatchObject({ cause: 'slowed', probeAt: 1_000 });
    line.answered(tooMany, 1, true, 1_000);
    expect(line.block).toMatchObject({ probeAt: 3_000 });
  });

  it('takes the 429s of requests that were in flight together for one', () => {
    for (let report = 0; report < 10; report += 1) line.answered(tooMany, report, false, report);
    expect(line.block).toMatchObject({ cause: 'slowed', probeAt: 1_009 });
    line.answered(tooMany, 1, true, 1_009);
    expect(line.block).toMatchObject({ probeAt: 3_009 });
  });

  it('takes a Retry-After of next to nothing at its word once, and asks less and less often then', () => {
    line.answered(wait(0), 1, false, 100);
    expect(line.block).toMatchObject({ cause: 'slowed', probeAt: 100 });
    line.answered(wait(0), 1, true, 100);
    expect(line.block).toMatchObject({ probeAt: 2_100 });
    line.answered(wait(0), 1, true, 2_100);
    expect(line.block).toMatchObject({ probeAt: 6_100 });
    line.answered(done, 1, true, 6_100);
    line.answered(wait(0), 1, false, 7_000);
    expect(line.block).toMatchObject({ probeAt: 7_000 });
  });

  it('takes a Retry-After of seconds at its word each time', () => {
    for (let now = 0; now < 100_000; now += 2_000) {
      line.answered(wait(2_000), 1, now > 0, now);
      expect(line.block).toMatchObject({ probeAt: now + 2_000 });
    }
  });

  it('takes a Retry-After of years for a mistake', () => {
    line.answered(wait(1e15), 1, false, 0);
    expect(line.block!.probeAt).toBe(86_400_000);
  });

  it('knows for how long it was blocked in all', () => {
    line.answered(unauthorized, 1, false, 1_000);
    expect(line.blockedFor(5_000)).toBe(4_000);
    line.answered(done, 1, true, 6_000);
    expect(line.blockedFor(9_000)).toBe(5_000);
    line.answered(unauthorized, 1, false, 10_000);
    expect(line.blockedFor(10_500)).toBe(5_500);
  });
});
