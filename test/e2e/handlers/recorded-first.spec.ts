import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryConversionStorage, Settlement, VerificationOutcome } from '../../../lib/index.js';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { gatewayKinds } from '../../support/handlers/gateway-kinds.js';
import { graphqlKinds } from '../../support/handlers/graphql-kinds.js';
import { Handler } from '../../support/handlers/handler.js';
import { onHttp } from '../../support/handlers/http-kinds.js';
import { Kind, RIGHT } from '../../support/handlers/kind.js';
import { messageKinds } from '../../support/handlers/message-kinds.js';
import { until } from '../../support/until.js';

/** Turns of the event loop in which an answer that is on its way arrives. */
const TURNS = 200;

/** A storage that takes its time to record a conversion: as long as it is told. */
class TakingItsTime extends MemoryConversionStorage {
  release!: () => void;
  readonly #released = new Promise<void>((resolve) => (this.release = resolve));
  #asked!: () => void;
  readonly asked = new Promise<void>((resolve) => (this.#asked = resolve));

  override async settle(outcome: VerificationOutcome): Promise<Settlement> {
    this.#asked();
    await this.#released;
    return super.settle(outcome);
  }
}

const others = [...graphqlKinds, ...messageKinds, ...gatewayKinds];

/** Handlers whose answer is all that they send. */
const answering: Kind[] = [
  onHttp('that returns a value', 'Express'),
  onHttp('that returns a value', 'Fastify'),
  onHttp('that returns an observable', 'Express'),
  onHttp('that returns an observable', 'Fastify'),
  ...others.filter(({ name }) => !/stream|EventPattern/.test(name)),
];

/** Handlers that say `checking`, and then, with the completion, that the code was `verified`. */
const streaming = others.filter(({ name }) => name.includes('stream'));

describe('a handler', () => {
  let sandbox: PlivoSandbox;

  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterEach(() => sandbox.stop());

  it.each(answering)('answers once the conversion is recorded: $name', async (kind) => {
    const storage = new TakingItsTime();
    const options = { storage, recordTimeout: 20_000 };
    const handler = await Handler.start(kind, { sandbox, options });
    await handler.send('v');
    let isAnswered = false;
    const verifying = handler
      .verify({ verificationId: 'v', code: RIGHT })
      .then(() => (isAnswered = true));
    await storage.asked;
    for (let turns = 0; turns < TURNS; turns += 1) await turn();
    expect(isAnswered).toBe(false);
    storage.release();
    await verifying;
    await handler.stop();
  });

  it.each(streaming)(
    'sends its last value once the conversion is recorded, and what comes before at once: $name',
    async (kind) => {
      const storage = new TakingItsTime();
      const options = { storage, recordTimeout: 20_000 };
      const handler = await Handler.start(kind, { sandbox, options });
      await handler.send('v');
      const verifying = handler.verify({ verificationId: 'v', code: RIGHT });
      await storage.asked;
      await until(async () => handler.received.includes('checking'));
      for (let turns = 0; turns < TURNS; turns += 1) await turn();
      expect(handler.received).not.toContain('verified');
      storage.release();
      expect(await verifying).toContain('verified');
      await handler.stop();
    },
  );
});
