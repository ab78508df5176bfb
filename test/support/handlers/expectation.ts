import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { Handler } from './handler.js';
import { Kind, RIGHT, WRONG } from './kind.js';

/** How long a report may take, in ms: in an app without the decorator none comes. */
const SOON = 500;

/** What the decorator promises for each kind of handler. */
export function itIsTracked(kind: Kind): void {
  describe(kind.name, () => {
    let sandbox: PlivoSandbox;
    let tracked: Handler;
    let untouched: Handler;

    beforeAll(async () => {
      sandbox = await PlivoSandbox.start();
      tracked = await Handler.start(kind, { sandbox });
      untouched = await Handler.start(kind, { sandbox, isTracked: false });
    });

    afterAll(async () => {
      await tracked?.stop();
      await untouched?.stop();
      await sandbox?.stop();
    });

    afterEach(() => sandbox.reset());

    const expectReport = async (handler: Handler, verificationId: string): Promise<void> => {
      const uuids = [];
      for (const id of [`before ${verificationId}`, verificationId, `after ${verificationId}`])
        uuids.push(await handler.send(id));
      await handler.verify({ verificationId, code: RIGHT });
      const { status } = await sandbox.waitForConversion(uuids[1], { timeout: SOON });
      expect(status).toBe('CONVERTED');
      await handler.app.feedback.flush();
      expect(sandbox.conversions).toHaveLength(1);
    };

    it('reports a success once, for the verification that it names', async () => {
      await expectReport(tracked, 'right');
    });

    it('doesn’t without the decorator', async () => {
      await expect(expectReport(untouched, 'right')).rejects.toThrow(/No conversion of message/);
    });

    it.each(kind.failures)('reports nothing of a failure that it tells by %s', async (failure) => {
      await tracked.send(`wrong ${failure}`);
      await tracked.verify({ verificationId: `wrong ${failure}`, code: WRONG[failure] });
      // What follows a report would be recorded after it.
      await expectReport(tracked, `right after ${failure}`);
    });

    it.each([RIGHT, ...kind.failures.map((failure) => WRONG[failure])])(
      'answers byte for byte what it answers without the decorator: code %s',
      async (code) => {
        const answers = [];
        for (const handler of [tracked, untouched]) {
          await handler.send(`answered ${code}`);
          answers.push(await handler.verify({ verificationId: `answered ${code}`, code }));
        }
        expect(answers[0]).toBe(answers[1]);
      },
    );

    it('answers as ever where no verification is named, and says why nothing is reported', async () => {
      const said = tracked.app.events.of('unmatched').length;
      const answers = [
        await tracked.verify({ code: RIGHT }),
        await untouched.verify({ code: RIGHT }),
      ];
      expect(answers[0]).toBe(answers[1]);
      const events = await tracked.app.events.until('unmatched', said + 1);
      expect(events.slice(said)).toEqual([
        { type: 'unmatched', reason: expect.stringMatching(/^no verification id: /) },
      ]);
    });
  });
}
