import { ChildProcess, ForkOptions, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

// Whoever isn't root becomes it within.
const OWN_PIDS = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc'].slice(
  process.getuid?.() === 0 ? 2 : 0,
);

/** Makes sure that containers can be started here. */
export function assertContainers(): void {
  const { status } = spawnSync('unshare', [...OWN_PIDS, 'true']);
  if (status === 0) return;
  throw new Error(
    'No process can have pids of its own here: run the tests as root, or install util-linux and allow user namespaces',
  );
}

/** Options for `fork` that start a script as a container does: it sees its own processes only, and is pid 1. */
export const contained: ForkOptions = {
  execPath: 'unshare',
  execArgv: [...OWN_PIDS, process.execPath],
  // Unshare complains when its script is killed.
  stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
};

/** Kills the script as nothing can be caught; resolves once it is gone. */
export async function killContained(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  for (const pid of await childrenOf(child.pid!)) process.kill(pid, 'SIGKILL');
  await gone;
}

/** Ids of the processes that a process has started, as Linux knows them. */
export async function childrenOf(pid: number): Promise<number[]> {
  const ids = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return ids.split(' ').filter(Boolean).map(Number);
}
