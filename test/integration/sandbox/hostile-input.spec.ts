import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { anything, made } from '../../support/hostile.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('the sandbox, whatever it is given,', () => {
  let sandbox: PlivoSandbox;

  beforeAll(async () => {
    sandbox = await PlivoSandbox.start();
  });

  afterAll(() => sandbox.stop());

  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${sandbox.authId}:${sandbox.authToken}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body,
    });

  it('answers any body of a message with what is wrong with it', async () => {
    const path = `/v1/Account/${sandbox.authId}/Message/`;
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ src: fc.jsonValue(), dst: fc.jsonValue(), text: fc.jsonValue() })
        .map((fields) => JSON.stringify(fields)),
      fc.constantFrom(
        `{"text":${nested(30_000)}}`,
        nested(30_000),
        '{"__proto__":{"text":"x"}}',
        '{"src":{"toString":1},"dst":[1],"text":{"then":1}}',
      ),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await post(path, text);
        expect(response.status).toBe(400);
        expect(await response.json()).toEqual({
          api_id: expect.any(String),
          error: expect.stringMatching(/./),
        });
      }),
      { numRuns: 60 },
    );
    expect(sandbox.messages).toEqual([]);
  });

  it('takes no fault that it doesn’t understand whole, over HTTP or in code', async () => {
    for (const body of [
      '{"status":500,"__proto__":{"x":1}}',
      '{"status":500,"constructor":1}',
      '{"status":500,"toString":1}',
      '{"status":1e999}',
      '{"status":500,"headers":{"a\\r\\nb":"c"}}',
      `{"status":500,"headers":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
      '[]',
    ]) {
      const response = await post('/sandbox/faults', body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringMatching(/./) });
    }
    fc.assert(
      fc.property(anything(), (given) => {
        const refused = () => sandbox.fail(made(given) as never);
        expect(refused).toThrow(TypeError);
        expect(refused).toThrow(/^PlivoSandbox\.fail: /);
      }),
      { numRuns: 200 },
    );
    expect(sandbox.faults).toEqual([]);
  });

  it('doesn’t start with an option it doesn’t understand, and names that', async () => {
    const option = fc.constantFrom(
      'port',
      'host',
      'authId',
      'authToken',
      'keep',
      'allowedHosts',
      'unknownMessage',
    );
    await fc.assert(
      fc.asyncProperty(option, anything(), async (name, given) => {
        const value = made(given);
        fc.pre(value !== undefined && !couldBe(name, value));
        await expect(PlivoSandbox.start({ [name]: value })).rejects.toThrow(
          new RegExp(`^PlivoSandbox\\.start: .*(${name}|can't be read)`, 's'),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [null, /the options must be an object/],
    [[], /the options must be an object/],
    [{ now: 5 }, /now must be a function/],
  ])('doesn’t start with %j for options', async (options, complaint) => {
    await expect(PlivoSandbox.start(options as object)).rejects.toThrow(complaint);
  });
});

/** Whether an option could be that: then it isn't for this test to refuse. */
function couldBe(name: string, value: unknown): boolean {
  if (name === 'port' || name === 'keep') return Number.isInteger(value) && (value as number) >= 0;
  if (name === 'allowedHosts')
    return Array.isArray(value) && value.every((host) => typeof host === 'string');
  return typeof value === 'string';
}
