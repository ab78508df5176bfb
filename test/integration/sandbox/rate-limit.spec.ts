import { afterEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { report, send, sent } from './client.js';

describe('the rate limit of the sandbox', () => {
  let sandbox: PlivoSandbox;
  afterEach(() => sandbox.stop());

  it('lets 300 requests pass in 5 seconds when asked, over all calls, and answers 429 beyond', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    sandbox = await PlivoSandbox.start({ rateLimit: true, now: () => now });
    const uuid = await sent(sandbox);
    now += 3_000;
    for (let i = 0; i < 299; i++) expect((await report(sandbox, uuid)).status).toBe(200);

    const { status, json } = await send(sandbox);
    expect(status).toBe(429);
    expect(json).toEqual({
      api_id: expect.any(String),
      error: expect.stringContaining('too many'),
    });

    now += 1_999;
    expect((await send(sandbox)).status).toBe(429);
    now += 1; // 5 s after the first request: room for one
    expect((await send(sandbox)).status).toBe(202);
    expect((await send(sandbox)).status).toBe(429);
  });

  it('takes other limits, and starts afresh on reset', async () => {
    sandbox = await PlivoSandbox.start({ rateLimit: { max: 1 }, now: () => 0 });

    expect((await send(sandbox)).status).toBe(202);
    expect((await send(sandbox)).status).toBe(429);
    sandbox.reset();
    expect((await send(sandbox)).status).toBe(202);
  });

  it('has none by default', async () => {
    sandbox = await PlivoSandbox.start({ now: () => 0 });
    const uuid = await sent(sandbox);
    const answers = [];
    for (let i = 0; i < 310; i++) answers.push((await report(sandbox, uuid)).status);

    expect(new Set(answers)).toEqual(new Set([200]));
  });
});
