import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';
import { basicAuth, call, OTP, report, send, sent } from './client.js';

describe('an outage of the sandbox', () => {
  let sandbox: PlivoSandbox;
  beforeEach(async () => {
    sandbox = await PlivoSandbox.start();
  });
  afterEach(() => sandbox.stop());

  it('refuses connections while down, and is back on the same port with what it knew', async () => {
    const { url } = sandbox;
    const uuid = await sent(sandbox);
    await sandbox.down();

    expect((await report(sandbox, uuid)).errorCode).toBe('ECONNREFUSED');
    expect(sandbox.availability).toBe('refuse');

    await sandbox.up();

    expect(sandbox.url).toBe(url);
    expect((await report(sandbox, uuid)).status).toBe(200);
  });

  it('cuts open connections when it goes down', async () => {
    const uuid = await sent(sandbox);
    sandbox.fail({ hang: true, accept: true });
    const hanging = report(sandbox, uuid);
    await sandbox.waitForConversion(uuid);
    const idle = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
    await once(idle, 'connect');
    const cut = once(idle, 'error');

    await sandbox.down();

    expect((await hanging).errorCode).toBe('ECONNRESET');
    expect(await cut).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('may go down and up twice in a row', async () => {
    await sandbox.down();
    await sandbox.down();
    await sandbox.up();
    await sandbox.up();

    expect((await send(sandbox)).status).toBe(202);
  });

  it('comes up once where two ask for it at the same time', async () => {
    await sandbox.down();

    await Promise.all([sandbox.up(), sandbox.up()]);

    expect((await send(sandbox)).status).toBe(202);
  });

  it('is at last what it was told last, though nobody waited in between', async () => {
    const seen = {
      up: { status: 202 },
      cut: { errorCode: 'ECONNRESET' },
      refuse: { errorCode: 'ECONNREFUSED' },
    };
    for (const last of ['up', 'cut', 'refuse', 'up', 'refuse', 'cut', 'up'] as const) {
      const before = sandbox.availability === 'up' ? sandbox.down() : sandbox.up();
      const then = last === 'up' ? sandbox.up() : sandbox.down(last);
      await Promise.all([before, then]);

      expect(sandbox.availability).toBe(last);
      expect(await send(sandbox)).toMatchObject(seen[last]);
    }
  });

  it('stays stopped where it was about to come up', async () => {
    const { url } = sandbox;
    await sandbox.down();

    await Promise.all([sandbox.up(), sandbox.stop()]);

    expect(sandbox.availability).toBe('refuse');
    expect((await call(url, { path: '/' })).errorCode).toBe('ECONNREFUSED');
  });

  it('says so when the port was taken meanwhile', async () => {
    const port = Number(new URL(sandbox.url).port);
    await sandbox.down();
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');

    await expect(sandbox.up()).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);

    thief.close();
    await once(thief, 'close');
    await sandbox.up();
  });

  it('says so when the port is taken at the start', async () => {
    const port = Number(new URL(sandbox.url).port);

    await expect(PlivoSandbox.start({ port })).rejects.toThrow(
      `The sandbox can't listen: port ${port} on 127.0.0.1 is taken by another process.`,
    );
  });

  it("cuts the API alone with down('cut'), and leaves page and control API", async () => {
    const uuid = await sent(sandbox);
    await sandbox.down('cut');

    expect((await report(sandbox, uuid)).errorCode).toBe('ECONNRESET');
    expect(await call(sandbox.url, { method: 'GET', path: '/sandbox/state' })).toMatchObject({
      status: 200,
      json: { availability: 'cut' },
    });

    await sandbox.up();
    expect((await report(sandbox, uuid)).status).toBe(200);
    expect(sandbox.requests).toHaveLength(3);
  });

  it("cuts kept-alive connections of the API with down('cut')", async () => {
    const agent = new Agent({ keepAlive: true });
    const socket = await new Promise<Socket>((resolve, reject) => {
      request(
        `${sandbox.url}/v1/Account/${sandbox.authId}/Message/`,
        {
          agent,
          method: 'POST',
          headers: { Authorization: basicAuth(sandbox), 'Content-Type': 'application/json' },
        },
        (response) => {
          const { socket } = response; // detached at the end, when the agent takes it back
          response.resume().once('end', () => resolve(socket));
        },
      )
        .once('error', reject)
        .end(JSON.stringify(OTP));
    });
    const cut = new Promise<boolean>((resolve) => socket.once('close', resolve));

    await sandbox.down('cut');

    expect(await cut).toBe(true); // by an error, not by the end of keep-alive
    agent.destroy();
  });

  it('stops once, twice, and while down', async () => {
    await sandbox.down();
    await sandbox.stop();
    await sandbox.stop();

    await expect(sandbox.up()).rejects.toThrow('stopped');
  });

  it('keeps two sandboxes in one process apart', async () => {
    const other = await PlivoSandbox.start();
    const uuid = await sent(sandbox);

    expect(other.messages).toEqual([]);
    expect((await report(other, uuid)).status).toBe(404);
    await other.stop();
    expect((await report(sandbox, uuid)).status).toBe(200);
  });

  it('forgets everything on reset, and stays up', async () => {
    const uuid = await sent(sandbox);
    await report(sandbox, uuid);
    sandbox.fail({ status: 500 });

    sandbox.reset();

    expect(sandbox).toMatchObject({ messages: [], conversions: [], requests: [], faults: [] });
    expect((await report(sandbox, uuid)).status).toBe(404);
  });

  it('lists every wrong option at once', async () => {
    await expect(
      PlivoSandbox.start({
        port: -1,
        authId: 'a b',
        rateLimit: { max: 0 },
        unknownMessage: 500 as 404,
      }),
    ).rejects.toThrow(/port.*authId.*rateLimit.*unknownMessage/);
    await expect(PlivoSandbox.start({ prot: 1 } as object)).rejects.toThrow(/prot/);
  });
});
