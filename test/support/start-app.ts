import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { userEnvironment } from './run.js';
import { until } from './until.js';

interface AppToStart {
  readonly cwd: string;
  /** What Node runs. */
  readonly entry: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The Node that runs it; default the one that runs the tests. */
  readonly node?: string;
}

/** A built app that runs in a process of its own. */
export interface StartedApp {
  readonly url: string;
  /** All it has printed. */
  readonly output: () => string;
  /** Ends it in order. */
  readonly stop: () => Promise<void>;
  /** Ends it as kill -9 does. */
  readonly kill: () => Promise<void>;
}

/** Ms an app may take to start where the machine is busy. */
const LONGEST_START = 60_000;

/**
 * Starts a built Nest app on a free port of the loopback interface.
 * @throws with all it printed, where it ends or hangs instead
 */
export async function startApp({
  cwd,
  entry,
  env,
  node = process.execPath,
}: AppToStart): Promise<StartedApp> {
  const port = await freePort();
  const child = spawn(node, [entry], {
    cwd,
    env: userEnvironment({ ...env, PORT: String(port) }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await closed;
  };
  let output = '';
  let hasEnded = false;
  void closed.then(() => (hasEnded = true));
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => reject(new Error(`The app didn't start:\n${output}`));
    const timer = setTimeout(() => void end('SIGKILL').then(fail), LONGEST_START);
    const look = (chunk: string): void => {
      output += chunk;
      if (!output.includes('successfully started')) return;
      clearTimeout(timer);
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', look);
    child.once('close', () => {
      clearTimeout(timer);
      fail();
    });
  });
  // Nest says so before it listens.
  await until(async () => hasEnded || (await isListening(port)));
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    return await once(socket, 'connect').then(
      () => true,
      () => false,
    );
  } finally {
    socket.destroy();
  }
}
