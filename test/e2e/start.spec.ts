import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Child } from '../support/child.js';

const ADDRESSES = /Login page +(\S+)\s+Phone's inbox +(\S+)/;
const FREE_PORTS = { PORT: '0', SANDBOX_PORT: '0' };

describe('`npm start`', () => {
  let start: Child;
  /** Servers that are in the way. */
  let others: Server[] = [];

  afterEach(async () => {
    for (const other of others) other.close();
    others = [];
    await start.stop();
  });

  /** Where a port can't be had here, it is taken already. */
  async function occupy(...ports: number[]): Promise<void> {
    others = ports.map((port) => createServer().listen(port, '127.0.0.1'));
    await Promise.allSettled(others.map((other) => once(other, 'listening')));
  }

  const isReachable = (url: string): Promise<boolean> =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops app and sandbox on %s, and ends well',
    async (signal) => {
      start = await Child.start('scripts/start.mjs', FREE_PORTS);
      const addresses = await start.printed(ADDRESSES);
      expect(await Promise.all(addresses.map(isReachable))).toEqual([true, true]);

      start.signal(signal);

      expect(await start.ended()).toBe(0);
      expect(await Promise.all(addresses.map(isReachable))).toEqual([false, false]);
    },
  );

  it('says in a few lines where to look and what to do next', async () => {
    start = await Child.start('scripts/start.mjs', FREE_PORTS);
    await start.printed(/Ctrl\+C stops both/);

    expect(start.output.trim().split('\n').length).toBeLessThan(12);
    expect(start.output).toMatch(/ask for a code[^]+in the inbox[^]+CONVERTED/);
    const [dashboard] = await start.printed(/Dashboard +(\S+)/);
    expect(await isReachable(dashboard)).toBe(true);
  });

  it('stops the sandbox when the app dies, and says so', async () => {
    start = await Child.start('scripts/start.mjs', FREE_PORTS);
    const [, inbox] = await start.printed(ADDRESSES);

    const [app] = await start.children();
    process.kill(app, 'SIGKILL');

    expect(await start.ended()).toBe(1);
    expect(start.output).toContain('The login app ended (SIGKILL)');
    expect(await isReachable(inbox)).toBe(false);
  });

  it('says which port is taken where PORT chose it, and leaves nothing running', async () => {
    await occupy(0);
    const { port } = others[0].address() as AddressInfo;

    start = await Child.start('scripts/start.mjs', { ...FREE_PORTS, PORT: String(port) });

    expect(await start.ended()).toBe(1);
    expect(start.output).toMatch(new RegExp(`already in use.*:${port}`));
  });

  it('takes free ports where the usual ones are taken, and says so', async () => {
    await occupy(3000, 4010);

    start = await Child.start('scripts/start.mjs', {});
    const addresses = await start.printed(ADDRESSES);

    expect(start.output).toMatch(/Port 4010 is taken.*SANDBOX_PORT[^]+Port 3000 is taken.*PORT/);
    expect(await Promise.all(addresses.map(isReachable))).toEqual([true, true]);
  });

  it('starts no sandbox, and says what is missing, with half a Plivo account', async () => {
    start = await Child.start('scripts/start.mjs', { PORT: '0', PLIVO_SRC: '14155550100' });

    expect(await start.ended()).toBe(1);
    expect(start.output).toContain('PLIVO_AUTH_ID is missing');
    expect(start.output).not.toContain('inbox');
  });

  it('needs no sandbox with a Plivo account', async () => {
    start = await Child.start('scripts/start.mjs', {
      PORT: '0',
      PLIVO_AUTH_ID: 'MAXXXXXXXXXXXXXXXXXX',
      PLIVO_AUTH_TOKEN: 'nobody-knows',
      PLIVO_SRC: '14155550100',
    });
    const [login] = await start.printed(/Login page +(\S+)[^]+through Plivo/);

    const settings = await fetch(`${login}/settings`);
    expect(await settings.json()).toEqual({ resendAfter: 30 });
    expect(start.output).not.toContain('nobody-knows');
  });
});
