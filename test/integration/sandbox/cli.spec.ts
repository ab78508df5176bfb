import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PlivoSandbox } from '../../../lib/sandbox/index.js';

const root = join(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};

describe.each(['esm', 'cjs'])('the sandbox from a shell (%s build)', (build) => {
  const cli = join(root, 'dist', build, 'cli.js');
  let child: ChildProcess | undefined;
  let output = '';
  let errors = '';

  beforeAll(() => {
    if (!existsSync(cli)) throw new Error(`${cli} is missing: run npm run build first.`);
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  const run = (...args: string[]) => {
    output = '';
    errors = '';
    child = spawn(process.execPath, [cli, ...args], { cwd: root });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
    return child;
  };
  const ended = async (process: ChildProcess) => (await once(process, 'close'))[0] as number | null;
  const greeted = async (process: ChildProcess) => {
    const failed = ended(process).then((code) => {
      throw new Error(`it ended with ${code}: ${errors}`);
    });
    failed.catch(() => undefined); // it ends once greeted, too
    while (!output.includes('Ctrl+C')) await Promise.race([once(process.stdout!, 'data'), failed]);
    return /http:\S+/.exec(output)![0];
  };

  it('prints its address and settings, serves API and page, and stops on SIGINT and SIGTERM', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const process = run('sandbox', '--port', '0');
      const url = await greeted(process);

      expect(output).toContain(`baseUrl:   '${url}'`);
      expect(output).toContain("authId:    'MASANDBOXAUTHID00000'");
      expect(output).toContain("authToken: 'sandbox-auth-token'");
      for (const path of ['/', '/base.css', '/inbox.css', '/inbox.js', '/sandbox/state']) {
        expect((await fetch(url + path)).status).toBe(200);
      }
      const events = await fetch(`${url}/sandbox/events`);
      expect(events.status).toBe(200);

      process.kill(signal);
      expect(await ended(process)).toBe(0);
      expect(errors).toBe('');
      await events.body!.cancel().catch(() => undefined); // it was cut
    }
  });

  it("takes credentials and a rate limit, and doesn't print a token it was given", async () => {
    const process = run(
      ...['sandbox', '--port', '0', '--auth-id', 'MAOWN', '--auth-token', 'my-token'],
      '--rate-limit',
    );
    const url = await greeted(process);
    const send = () =>
      fetch(`${url}/v1/Account/MAOWN/Message/`, {
        method: 'POST',
        headers: {
          Authorization: `Basic ${Buffer.from('MAOWN:my-token').toString('base64')}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ src: '14155550100', dst: '14155550123', text: 'hello' }),
      });

    expect((await send()).status).toBe(202);
    expect(output + errors).not.toContain('my-token');
  });

  it('says in one line that the port is taken', async () => {
    const other = await PlivoSandbox.start();
    const { port } = new URL(other.url);

    expect(await ended(run('sandbox', '--port', port))).toBe(1);
    await other.stop();

    expect(errors).toBe(
      `error: The sandbox can't listen: port ${port} on 127.0.0.1 is taken by another process.\n`,
    );
    expect(output).toBe('');
  });

  it('refuses a port that is none', async () => {
    expect(await ended(run('sandbox', '--port', 'http'))).toBe(1);
    expect(errors).toContain('It must be an integer from 0 to 65535.');
  });

  it('warns when others on the network can reach it', async () => {
    await greeted(run('sandbox', '--port', '0', '--host', '0.0.0.0'));
    while (errors === '') await once(child!.stderr!, 'data');

    expect(errors).toContain('warning: it listens on 0.0.0.0');
  });

  it('names its version', async () => {
    expect(await ended(run('--version'))).toBe(0);
    expect(output).toBe(`${version}\n`);
  });
});
