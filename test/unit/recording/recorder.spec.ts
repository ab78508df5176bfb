import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Recorder } from '../../../lib/recording/recorder.js';
import { ManualClock, settled } from '../../support/clocks.js';
import { EventLog } from '../../support/event-log.js';

describe('a response that waits for its recording', () => {
  let clock: ManualClock;
  let events: EventLog;
  let recorder: Recorder;
  let said: string[];
  let logger: Logger;

  beforeEach(() => {
    clock = new ManualClock();
    events = new EventLog();
    said = [];
    logger = new Logger('test');
    jest.spyOn(logger, 'error').mockImplementation((line) => void said.push(String(line)));
    jest.spyOn(logger, 'log').mockImplementation((line) => void said.push(String(line)));
    recorder = new Recorder({ clock, logger, recordTimeout: 250, emit: events.emit });
  });

  /** Resolves once the response may leave. */
  const record = <T>(
    verification: string,
    write: () => Promise<T>,
    written: (result: T) => void,
  ): Promise<void> => new Promise((leave) => recorder.record(verification, write, written, leave));

  const left = async (waiting: Promise<void>): Promise<boolean> => {
    let done = false;
    void waiting.then(() => (done = true));
    await settled();
    return done;
  };

  it('leaves as soon as the conversion is recorded', async () => {
    let finish!: () => void;
    const written: string[] = [];
    const waiting = record(
      'v',
      () => new Promise<string>((resolve) => (finish = () => resolve('recorded'))),
      (result) => written.push(result),
    );
    expect(await left(waiting)).toBe(false);
    finish();
    expect(await left(waiting)).toBe(true);
    expect(written).toEqual(['recorded']);
  });

  it('leaves after recordTimeout, and recording goes on', async () => {
    let finish!: () => void;
    const written: string[] = [];
    const slow = () => new Promise<string>((resolve) => (finish = () => resolve('late')));
    const waiting = record('v', slow, (result) => written.push(result));
    await clock.advance(249);
    expect(await left(waiting)).toBe(false);
    await clock.advance(1);
    expect(await left(waiting)).toBe(true);
    finish();
    await settled();
    expect(written).toEqual(['late']);
  });

  it('leaves once, though the conversion is recorded after recordTimeout', async () => {
    let finish!: () => void;
    let leaves = 0;
    const slow = () => new Promise<void>((resolve) => (finish = resolve));
    recorder.record(
      'v',
      slow,
      () => {},
      () => (leaves += 1),
    );
    await clock.advance(250);
    finish();
    await settled();
    expect(leaves).toBe(1);
  });

  it('leaves at once where recordTimeout is 0, and calls no storage sick for that', async () => {
    recorder = new Recorder({ clock, logger, recordTimeout: 0, emit: events.emit });
    let finish!: () => void;
    const written: string[] = [];
    const slow = () => new Promise<string>((resolve) => (finish = () => resolve('late')));
    expect(await left(record('v', slow, (result) => written.push(result)))).toBe(true);
    await clock.advance(1_000);
    finish();
    await settled();
    expect(written).toEqual(['late']);
    expect(said).toEqual([]);
  });

  it('does not wait at all while the storage is known to be sick, and waits again once it is well', async () => {
    const unanswered = () => new Promise<void>(() => {});
    const waiting = record('v', unanswered, () => {});
    await clock.advance(250);
    await waiting;
    expect(await left(record('v', unanswered, () => {}))).toBe(true);
    await record(
      'v',
      async () => {},
      () => {},
    );
    await settled();
    expect(await left(record('v', unanswered, () => {}))).toBe(false);
  });

  it('leaves at once when the write fails, and tries it again until it succeeds', async () => {
    let failures = 3;
    const written: number[] = [];
    const write = async () => {
      if (failures > 0) throw new Error(`failure ${(failures -= 1)}`);
      return 1;
    };
    expect(await left(record('v', write, (n) => written.push(n)))).toBe(true);
    expect(recorder.unfinished).toBe(1);
    await clock.advance(2_999);
    expect(written).toEqual([]);
    await clock.advance(1);
    expect(written).toEqual([1]);
    expect(recorder.unfinished).toBe(0);
  });

  describe('of a verification that somebody writes of past the recorder', () => {
    /** A write that fails while the storage is full. */
    let isFull: boolean;
    let written: string[];

    const held = (verification: string, what: string) =>
      record(
        verification,
        async () => {
          if (isFull) throw new Error('full');
        },
        () => written.push(what),
      );

    beforeEach(async () => {
      isFull = true;
      written = [];
      await held('v', 'message of v');
      await held('w', 'message of w');
      await held('v', 'outcome of v');
    });

    it('is written first, and in order, once the storage takes it', async () => {
      isFull = false;
      expect(await recorder.catchUp('v')).toBe(true);
      expect(written).toEqual(['message of v', 'outcome of v']);
      await clock.advance(1_000);
      expect(written).toHaveLength(3);
    });

    it('stays held, in order, while the storage doesn’t', async () => {
      const catchingUp = recorder.catchUp('v');
      await held('v', 'later outcome of v');
      expect(await catchingUp).toBe(false);
      expect(recorder.unfinished).toBe(4);
      isFull = false;
      await clock.advance(1_000);
      expect(written.filter((what) => what.endsWith('v'))).toEqual([
        'message of v',
        'outcome of v',
        'later outcome of v',
      ]);
    });

    it('may be written of at once where nothing is held of it', async () => {
      expect(await recorder.catchUp('x')).toBe(true);
      expect(written).toEqual([]);
    });
  });

  it('holds a write that throws where it should reject, as any other that fails', async () => {
    const failing = [new Error('thrown'), undefined];
    const written: number[] = [];
    const write = (): Promise<number> => {
      const error = failing.shift();
      if (error) throw error;
      return Promise.resolve(1);
    };
    expect(await left(record('v', write, (n) => written.push(n)))).toBe(true);
    expect(said).toEqual([expect.stringContaining('thrown')]);
    await clock.advance(1_000);
    expect(written).toEqual([1]);
  });

  it('tries one write a second while writes fail, however many come', async () => {
    let tries = 0;
    const write = async () => {
      tries += 1;
      throw new Error('disk full');
    };
    void record('v', write, () => {});
    await settled();
    for (let i = 0; i < 100; i += 1) void record('v', write, () => {});
    await clock.advance(10_000);
    expect(tries).toBe(11);
  });

  it('follows with all that is held once one write succeeds', async () => {
    let sick = true;
    const written: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      const write = async () => {
        if (sick) throw new Error('disk full');
        return i;
      };
      void record('v', write, (n) => written.push(n));
    }
    await clock.advance(5_000);
    sick = false;
    await clock.advance(1_000);
    expect(written.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it.each([1, 2, 3])(
    'follows in the order in which they came, though the first failed %d times more',
    async (seconds) => {
      let sick = true;
      const written: string[] = [];
      for (const what of ['its message', 'its outcome']) {
        const write = async () => {
          if (sick) throw new Error('disk full');
          return what;
        };
        void record('v', write, (done) => written.push(done));
        await settled();
      }
      await clock.advance(seconds * 1_000);
      sick = false;
      await clock.advance(1_000);
      expect(written).toEqual(['its message', 'its outcome']);
    },
  );

  it('is tried once what came before it of its verification is done', async () => {
    const tries: string[] = [];
    const answers: (() => void)[] = [];
    const flaky = (what: string) => async () => {
      tries.push(what);
      if (tries.length <= 1) throw new Error('full');
      await new Promise<void>((resolve) => answers.push(resolve));
    };
    await record('v', flaky('first'), () => {});
    for (const [verification, what] of [
      ['w', 'message'],
      ['w', 'outcome'],
    ]) {
      await record(verification, flaky(what), () => {});
    }
    await clock.advance(1_000);
    answers.shift()!();
    await settled();
    await record('w', flaky('later'), () => {});
    expect(tries).toEqual(['first', 'first', 'message']);
    answers.shift()!();
    await settled();
    expect(tries).toEqual(['first', 'first', 'message', 'outcome']);
    expect(recorder.unfinished).toBe(2);
    answers.shift()!();
    await settled();
    answers.shift()!();
    await settled();
    expect(tries.at(-1)).toBe('later');
    expect(recorder.unfinished).toBe(0);
  });

  it('is not held up by a write of another verification that fails each time', async () => {
    let sick = true;
    const written: string[] = [];
    const poison = async () => Promise.reject(new Error('this one always fails'));
    const write = async () => {
      if (sick) throw new Error('disk full');
      return 'recorded';
    };
    void record('poison', poison, () => {});
    await settled();
    for (let i = 0; i < 10; i += 1) void record(`v${i}`, write, (n) => written.push(n));
    await clock.advance(5_000);
    sick = false;
    await clock.advance(2_000);
    expect(written).toHaveLength(10);
    expect(recorder.unfinished).toBe(1);
  });

  it('waits behind a write that came before and is tried anew', async () => {
    const tried: string[] = [];
    let answer!: (error?: Error) => void;
    const write = (what: string) => () => {
      tried.push(what);
      return new Promise<void>((resolve, reject) => {
        answer = (error) => (error ? reject(error) : resolve());
      });
    };
    void record('v', write('its message'), () => {});
    answer(new Error('disk full'));
    await clock.advance(1_000);
    void record('v', write('its outcome'), () => {});
    answer(new Error('disk full'));
    await clock.advance(1_000);
    answer();
    await settled();
    expect(tried).toEqual(['its message', 'its message', 'its message', 'its outcome']);
  });

  it('says once that it fails and once that it recovered', async () => {
    let sick = true;
    const write = async () => {
      if (sick) throw new Error('disk full');
    };
    for (let i = 0; i < 5; i += 1) void record('v', write, () => {});
    await clock.advance(10_000);
    sick = false;
    await clock.advance(1_000);
    expect(said).toEqual([expect.stringContaining('disk full'), 'Conversions are recorded again']);
  });

  it('holds a bounded number of writes, and says what it drops', async () => {
    const write = async () => Promise.reject(new Error('disk full'));
    for (let i = 0; i < 10_000; i += 1) void record('v', write, () => {});
    await settled();
    await record('v', write, () => {});
    expect(recorder.unfinished).toBe(10_000);
    expect(events.of('dropped')).toHaveLength(1);
  });

  it('uses one timer for all who wait', async () => {
    for (let i = 0; i < 1_000; i += 1)
      void record(
        'v',
        () => new Promise<void>(() => {}),
        () => {},
      );
    expect(clock.pending).toBe(1);
  });

  it('is tried no more after the end, when nobody could record it, and says so', async () => {
    let tries = 0;
    const write = async () => {
      tries += 1;
      throw new Error('away');
    };
    await record('v', write, () => {});
    await recorder.finish();
    expect(said).toContain('1 writes could not be recorded before the process ended');
    const triesAtTheEnd = tries;

    await record('late', write, () => {});
    await clock.advance(60_000);
    expect(tries).toBe(triesAtTheEnd + 1);
    expect(events.of('dropped')).toEqual([{ type: 'dropped', reason: 'away' }]);
    expect(said.at(-1)).toBe('Conversions are lost from now on: away');
    expect(clock.pending).toBe(0);
  });

  it('is tried at once after the end, though another one is under way for good', async () => {
    const answers = [() => Promise.reject(new Error('away')), () => new Promise<void>(() => {})];
    void record(
      'v',
      () => answers.shift()!(),
      () => {},
    );
    await clock.advance(1_000);
    const finishing = recorder.finish();
    await clock.advance(250);
    await finishing;
    const written: string[] = [];
    void record(
      'late',
      async () => 'late',
      (what) => written.push(what),
    );
    await settled();
    expect(written).toEqual(['late']);
  });

  it('tries what is held once more before the process ends', async () => {
    let sick = true;
    const written: number[] = [];
    const write = async () => {
      if (sick) throw new Error('away');
      return 1;
    };
    await record('v', write, (n) => written.push(n));
    sick = false;
    await recorder.finish();
    expect(written).toEqual([1]);
  });

  it('is recorded before the process ends, though the turn in which its handler succeeded isn’t over', async () => {
    const written: string[] = [];
    const settling = recorder.endOfTurn().then(() => {
      void record(
        'v',
        async () => 'recorded',
        (what) => written.push(what),
      );
    });
    await recorder.finish();
    await settling;
    expect(written).toEqual(['recorded']);
    expect(said).toEqual([]);
  });
});
