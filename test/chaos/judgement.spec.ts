import { describe, expect, it } from '@jest/globals';
import { judge, type Outcome } from './harness/judgement.js';
import type { Verification } from './harness/verification.js';

const verification = (more: Partial<Verification>): Verification => ({
  id: 'v',
  messages: [
    { messageUuid: 'older', trackedAt: 100 },
    { messageUuid: 'newer', trackedAt: 200 },
  ],
  acceptances: [{ settledAt: 300 }],
  typedRight: true,
  wrongAnswers: [],
  ...more,
});

const outcomes = (older: Outcome['said'], newer: Outcome['said']): Outcome[] => [
  { messageUuid: 'older', said: older },
  { messageUuid: 'newer', said: newer },
];

const nothing = outcomes(undefined, undefined);

describe('a verification is held to be', () => {
  it('kept where the newest message is CONVERTED and the older one superseded', () => {
    const told = outcomes('CONVERTED_WITH_OTHERS', 'CONVERTED');
    expect(judge(verification({}), told)).toBe('kept');
  });

  it('lost where it was accepted and recorded, and nothing stands', () => {
    expect(judge(verification({}), nothing)).toBe('lost');
  });

  it('lost where only a part of its reports stands', () => {
    expect(judge(verification({}), outcomes(undefined, 'CONVERTED'))).toBe('lost');
    expect(judge(verification({}), outcomes('CONVERTED_WITH_OTHERS', undefined))).toBe('lost');
  });

  it('wrong where the older message is the CONVERTED one', () => {
    expect(judge(verification({}), outcomes('CONVERTED', 'CONVERTED_WITH_OTHERS'))).toBe('wrong');
    expect(judge(verification({}), outcomes('CONVERTED', 'CONVERTED'))).toBe('wrong');
  });

  it('wrong where anything stands though the right code was never typed', () => {
    const never = verification({ typedRight: false, acceptances: [] });
    expect(judge(never, outcomes(undefined, 'CONVERTED'))).toBe('wrong');
    expect(judge(never, nothing)).toBe('kept');
  });

  it('kept where no answer came, whether or not it was recorded', () => {
    const unanswered = verification({ acceptances: [] });
    expect(judge(unanswered, nothing)).toBe('kept');
    expect(judge(unanswered, outcomes('CONVERTED_WITH_OTHERS', 'CONVERTED'))).toBe('kept');
  });

  it('lost where no answer came, but the app said that it was recorded', () => {
    const recorded = nothing.map((outcome) => ({ ...outcome, recordedAt: 300 }));
    expect(judge(verification({ acceptances: [] }), recorded)).toBe('lost');
  });

  it('unrecorded where the answer came before it was recorded', () => {
    expect(judge(verification({ acceptances: [{}] }), nothing)).toBe('unrecorded');
  });

  it('forgotten where what was confirmed last may be forgotten, and lost where it may not', () => {
    expect(judge(verification({}), nothing, (at) => at >= 300)).toBe('forgotten');
    expect(judge(verification({}), nothing, (at) => at > 300)).toBe('lost');
    const newerForgotten = outcomes('CONVERTED', undefined);
    expect(judge(verification({}), newerForgotten, (at) => at === 200)).toBe('kept');
    expect(judge(verification({}), newerForgotten)).toBe('wrong');
  });
});
