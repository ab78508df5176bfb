import { spawn } from 'node:child_process';

interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ms until it counts as hanging, and is killed with all it started. */
  readonly timeout?: number;
}

/** What our own runner and shell say, and an app that is made by this test mustn't hear. */
const OURS =
  /^(PLIVO_|SANDBOX_|CONVERSION_FEEDBACK_|JEST_|npm_(?!config_)|npm_config_local_prefix$|(NODE_ENV|PORT|HOST|INIT_CWD|FORCE_COLOR)$)/;

/** The environment of a user's shell. */
export function userEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const theirs = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return { ...Object.fromEntries(theirs), NO_COLOR: '1', ...more };
}

/**
 * Runs a program to its end.
 * @returns what it wrote on its standard output, and all it wrote
 * @throws with all it wrote, where it fails or doesn't end
 */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, timeout = 60_000 }: RunOptions,
): Promise<{ stdout: string; output: string }> {
  const child = spawn(program, args, {
    cwd,
    env: userEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: npm's grandchildren would outlive it.
    detached: true,
  });
  let stdout = '';
  let output = '';
  let hangs = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const timer = setTimeout(() => {
    hangs = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, timeout);
  const closed = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  try {
    const code = await closed;
    if (code === 0) return { stdout, output };
    const end = hangs ? `didn't end within ${timeout} ms` : `ended with ${code}`;
    throw new Error(`${[program, ...args].join(' ')}\n${end}:\n${output}`);
  } finally {
    clearTimeout(timer);
  }
}
