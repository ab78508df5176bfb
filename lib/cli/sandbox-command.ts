import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { InvalidArgumentError, type Command } from 'commander';
import { PlivoSandbox, SANDBOX_AUTH_ID, SANDBOX_AUTH_TOKEN } from '../sandbox/index.js';

interface SandboxFlags {
  port: number;
  host: string;
  authId: string;
  authToken: string;
  rateLimit?: boolean;
  allowedHost?: string[];
}

/** `sandbox`: runs a PlivoSandbox until it's interrupted. */
export function addSandboxCommand(program: Command): void {
  const command = program
    .command('sandbox')
    .description("a local stand-in for Plivo's SMS API, with an inbox to read in the browser")
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', parsePort, 4010)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--auth-id <id>', 'Auth ID to accept', SANDBOX_AUTH_ID)
    .option('--auth-token <token>', 'Auth Token to accept', SANDBOX_AUTH_TOKEN)
    .option('--rate-limit', 'answer 429 beyond 300 requests in 5 seconds, as Plivo does')
    .option(
      '--allowed-host <name...>',
      'host names under which the page may be opened, besides localhost and IP addresses',
    );
  command.action((flags: SandboxFlags) => run(command, flags));
}

async function run(command: Command, flags: SandboxFlags): Promise<void> {
  const { allowedHost: allowedHosts, ...options } = flags;
  let sandbox: PlivoSandbox;
  try {
    sandbox = await PlivoSandbox.start({ ...options, allowedHosts });
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`);
  }

  process.stdout.write(greeting(sandbox));
  if (!isLoopback(flags.host)) {
    process.stderr.write(
      `warning: it listens on ${flags.host}: whoever reaches this machine can read the inbox\n`,
    );
  }
  const stop = (): void => void sandbox.stop();
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

function greeting(sandbox: PlivoSandbox): string {
  const { url, authId, authToken } = sandbox;
  // A token somebody chose may be a real one: it has no business in a terminal's history.
  const token = authToken === SANDBOX_AUTH_TOKEN ? `'${authToken}'` : 'the one you gave';
  return `
Plivo sandbox: ${url}
Open it in a browser: what your app sends shows up there, live.

Settings for your app:

  baseUrl:   '${url}'
  authId:    '${authId}'
  authToken: ${token}

Ctrl+C stops it.

`;
}

function parsePort(value: string): number {
  const port = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('It must be an integer from 0 to 65535.');
  return port;
}

function isLoopback(host: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  if (isIPv4(host)) return loopback.check(host, 'ipv4');
  if (isIPv6(host)) return loopback.check(host, 'ipv6');
  return host === 'localhost';
}
