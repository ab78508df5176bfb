import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { Child } from '../support/child.js';
import { type Redis, startRedis } from '../support/redis.js';

const ACCOUNT = {
  PLIVO_AUTH_ID: 'MAXXXXXXXXXXXXXXXXXX',
  PLIVO_AUTH_TOKEN: 'nobody-knows',
  PLIVO_SRC: '14155550100',
};

describe('`npm run -w sample/03-cluster start`', () => {
  let script: Child;
  let redis: Redis | undefined;

  afterEach(async () => {
    await script.stop();
    await redis?.stop();
    redis = undefined;
  });

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
    const ours = { REDIS_URL: '', OTP_SECRET: '', ...env };
    script = await Child.start('sample/03-cluster/scripts/start.mjs', ours);
  };

  const isRunning = (id: string): boolean => {
    try {
      return process.kill(Number(id), 0);
    } catch {
      return false;
    }
  };

  /** Of web 1, web 2 and the worker. */
  const processes = (): string[] => {
    const ids = [...script.output.matchAll(/process (\d+)/g)].map(([, id]) => id);
    expect(ids).toHaveLength(3);
    return ids;
  };

  it('sends on one instance, verifies on the other, shows the one report, and ends all', async () => {
    await start();

    expect(await script.ended()).toBe(0);
    const { output } = script;
    const [, sentBy, messageUuid] =
      /POST (\S+)\/otp\/send [^]* 201 [^]*Reported (\S+) CONVERTED/.exec(output)!;
    const [, verifiedBy] = /POST (\S+)\/otp\/verify [^]* 200 {"verified":true}/.exec(output)!;
    expect(verifiedBy).not.toBe(sentBy);
    expect(output).toMatch(
      new RegExp(`1 report:\\s+{"messageUuid":"${messageUuid}","status":"CONVERTED",`),
    );
    expect(processes().filter(isRunning)).toEqual([]);
    const [, ownRedis] = /Redis +(\S+)/.exec(output)!;
    await expect(fetch(`http://${ownRedis}`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('waits with a Plivo account for a person, and on Ctrl+C ends all but a Redis that it was given', async () => {
    redis = await startRedis();
    const url = `redis://127.0.0.1:${redis.port}`;
    await start({ ...ACCOUNT, REDIS_URL: url });
    await script.printed(/Ctrl\+C stops all/);
    expect(processes().filter(isRunning)).toHaveLength(3);

    script.signal('SIGINT');

    expect(await script.ended()).toBe(0);
    expect(processes().filter(isRunning)).toEqual([]);
    expect(script.output).not.toContain('nobody-knows');
    // Redis takes HTTP for an attack, and hangs up: it is there.
    await expect(fetch(`http://127.0.0.1:${redis.port}`)).rejects.not.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('ends all where one of them dies, and says which one', async () => {
    await start(ACCOUNT);
    await script.printed(/Ctrl\+C stops all/);
    const [, , worker] = processes();

    process.kill(Number(worker), 'SIGKILL');

    expect(await script.ended()).toBe(1);
    expect(script.output).toContain('worker ended (SIGKILL)');
    expect(processes().filter(isRunning)).toEqual([]);
  });

  it('says where a Redis that it was given can’t be reached, without its password', async () => {
    const place = `127.0.0.1:${await freePort()}`;

    await start({ REDIS_URL: `redis://user:hidden@${place}` });

    expect(await script.ended()).toBe(1);
    expect(script.output).toMatch(`REDIS_URL can't be reached: ${place} (`);
    expect(script.output).not.toContain('hidden');
  });

  it('says in a line why it can’t start a Redis', async () => {
    await start({ REDIS_SERVER_PATH: '/nowhere/redis-server' });

    expect(await script.ended()).toBe(1);
    expect(script.output.trim()).toBe(
      "REDIS_SERVER_PATH is /nowhere/redis-server, which can't be run.",
    );
  });
});
