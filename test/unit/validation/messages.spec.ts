import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidMessageError, TrackableMessage } from '../../../lib/index.js';
import { checkMessage } from '../../../lib/plivo/trackable-message.js';
import { TEN_MEGABYTES, anything, carriedText, made } from '../../support/hostile.js';

const good: TrackableMessage = {
  verificationId: 'v',
  dst: '+14155550199',
  src: '14155550100',
  text: 'Your code is 471147',
};

const FIELDS: (keyof TrackableMessage)[] = [
  'verificationId',
  'dst',
  'text',
  'src',
  'powerpackUuid',
  'url',
  'method',
  'log',
  'messageExpiry',
  'dltEntityId',
  'dltTemplateId',
  'dltTemplateCategory',
];

/** The message as it will be sent, or the faults for which it won't. */
function outcomeOf(given: unknown): TrackableMessage | InvalidMessageError {
  try {
    return checkMessage(given as TrackableMessage);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidMessageError);
    return error as InvalidMessageError;
  }
}

const fieldsOf = (error: InvalidMessageError): string[] => error.faults.map(({ field }) => field);

describe('a message to be sent', () => {
  it.each(FIELDS)('is refused with %s named, or carries it as it was given', (field) => {
    fc.assert(
      fc.property(anything(), (given) => {
        const value = made(given);
        const outcome = outcomeOf({ ...good, [field]: value });
        if (outcome instanceof InvalidMessageError) {
          // A Powerpack beside a sender is the sender's fault.
          expect(fieldsOf(outcome)).toContain(
            field === 'powerpackUuid' && isText(value) ? 'src' : field,
          );
          expect(outcome.message).not.toMatch(/471147|4155550199/);
        } else {
          expect(outcome[field]).toBe(value ?? undefined);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is refused with the field named where that can’t be read', () => {
    for (const field of FIELDS) {
      const given = { ...good };
      Object.defineProperty(given, field, {
        enumerable: true,
        get() {
          throw new Error('hostile');
        },
      });
      expect(fieldsOf(outcomeOf(given) as InvalidMessageError)).toEqual([field]);
    }
  });

  it('is refused whatever stands in its place', () => {
    fc.assert(
      fc.property(anything(), (given) => {
        const outcome = outcomeOf(made(given));
        expect(outcome).toBeInstanceOf(InvalidMessageError);
        expect((outcome as InvalidMessageError).faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  it('is read once: what was checked is what is sent', () => {
    let reads = 0;
    const given = {
      ...good,
      get text() {
        reads += 1;
        return reads === 1 ? 'Your code is 471147' : '';
      },
    };
    expect(outcomeOf(given)).toMatchObject({ text: 'Your code is 471147' });
    expect(reads).toBe(1);
  });

  it('carries any text that UTF-8 can', () => {
    fc.assert(
      fc.property(carriedText(1, 512), carriedText(1, 10_000), (verificationId, text) => {
        expect(outcomeOf({ ...good, verificationId, text })).toMatchObject({
          verificationId,
          text,
        });
      }),
      { numRuns: 100 },
    );
  });

  it('is refused within a second where each of its fields holds 10 MB', () => {
    for (const field of FIELDS) {
      const started = performance.now();
      const outcome = outcomeOf({ ...good, [field]: TEN_MEGABYTES }) as InvalidMessageError;
      expect(fieldsOf(outcome)).toContain(field);
      expect(outcome.message.length).toBeLessThan(1_000);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it('tells nothing of a body that was read as one long name', () => {
    const body = JSON.stringify(good);
    const { message, faults } = outcomeOf({ ...good, [body]: '' }) as InvalidMessageError;
    expect(faults).toEqual([
      { field: '(unnamed)', message: '`(unnamed)` is unknown: its name is none' },
    ]);
    expect(message).not.toMatch(/471147|4155550199/);
  });
});

function isText(value: unknown): boolean {
  if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) return false;
  return value.length >= 1 && value.length <= 64;
}
