import { describe, expect, it } from '@jest/globals';
import type { Received } from './harness/protocol.js';
import { findRepeats } from './harness/repeats.js';

const report = (receivedAt: number, more: Partial<Received> = {}): Received => ({
  messageUuid: 'm',
  reported: 'CONVERTED' as Received['reported'],
  receivedAt,
  answeredAt: receivedAt + 10,
  status: 200,
  taken: true,
  ...more,
});

describe('a report that the provider took twice', () => {
  const twice = [report(1_000), report(5_000)];

  it('is put down to a kill between the two', () => {
    const { byKill, mostByOneKill, unexplained } = findRepeats(twice, { killedAt: [1_020] });
    expect({ byKill, mostByOneKill, unexplained }).toEqual({
      byKill: 1,
      mostByOneKill: 1,
      unexplained: [],
    });
  });

  it('is put down to a kill while the first was on its way to the provider', () => {
    const killedAt = [900];
    const asked = (at: number) => ({ killedAt, asked: [{ messageUuid: 'm', at }] });
    expect(findRepeats(twice, asked(890))).toMatchObject({ byKill: 1, unexplained: [] });
    expect(findRepeats(twice, asked(910)).unexplained).toHaveLength(1);
    expect(findRepeats(twice, asked(4_990)).unexplained).toHaveLength(1);
  });

  it('is put down to the kill that ended its request, and not to one while that was made', () => {
    const cut = (messageUuid: string, receivedAt: number, answeredAt: number) => [
      report(receivedAt, { messageUuid, answeredAt, status: undefined }),
      report(5_000, { messageUuid }),
    ];
    const requests = [...cut('a', 1_000, 1_040), ...cut('b', 1_030, 4_000)];
    expect(findRepeats(requests, { killedAt: [1_045, 3_995] })).toMatchObject({
      byKill: 2,
      mostByOneKill: 1,
    });
  });

  it('is put down to the cut where its answer was cut long before the kill', () => {
    const cut = [report(1_000, { status: undefined }), report(5_000)];
    expect(findRepeats(cut, { killedAt: [4_000] })).toMatchObject({
      byKill: 0,
      byCut: 1,
      unexplained: [],
    });
  });

  it('is put down to the cut where the provider went down while its answer was on its way', () => {
    expect(findRepeats(twice, { cutAt: [1_015] })).toMatchObject({ byCut: 1, unexplained: [] });
    expect(findRepeats(twice, { cutAt: [3_000] }).unexplained).toHaveLength(1);
  });

  it('is put down to a change of the process that delivers', () => {
    const found = findRepeats(twice, { handovers: [{ from: 900, to: 5_010 }] });
    expect(found).toMatchObject({ byHandover: 1, unexplained: [] });
  });

  it('has no excuse where nothing happened between', () => {
    const found = findRepeats(twice, {
      killedAt: [900, 5_100],
      handovers: [{ from: 5_100, to: 5_200 }],
    });
    expect(found.unexplained).toEqual([
      { messageUuid: 'm', sinceKill: 100, answeredIn: 10, againAfter: 3_990 },
    ]);
  });

  it('is no repeat where its status is another, or the first was refused', () => {
    const other = report(1_000, { reported: 'NOT_CONVERTED' as Received['reported'] });
    const refused = report(1_000, { status: 500, taken: false });
    for (const first of [other, refused])
      expect(findRepeats([first, report(5_000)], {}).unexplained).toEqual([]);
  });

  it('was reported by two at once where the second came before the first was answered', () => {
    expect(findRepeats([report(1_000), report(1_005)], {}).atOnce).toEqual(['m']);
    expect(findRepeats(twice, {}).atOnce).toEqual([]);
  });
});
