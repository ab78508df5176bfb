import { spawn } from 'node:child_process';

/** How long the process may take to end by itself once it is in trouble, in ms. */
const LONGEST_END = 2_000;

const farewells = new Set<() => boolean>();

/**
 * Has something done at the very end of the process, in one step.
 *
 * Node waits at its end for all its threads. One of lmdb's that is in the middle of a transaction
 * waits for the event loop, which is gone, and one that waits for a lock can't be ended: the process
 * would stay, with its locks. Where a farewell says that this may be so, a process of its own ends
 * this one by SIGKILL, which is safe: what was recorded survives it. (The first process of a container
 * can't be killed from within.)
 *
 * @param farewell returns whether nothing stands in the way of the end
 * @returns takes it back
 */
export function atExit(farewell: () => boolean): () => void {
  if (farewells.size === 0) process.once('exit', sayFarewell);
  farewells.add(farewell);
  return () => {
    farewells.delete(farewell);
    if (farewells.size === 0) process.off('exit', sayFarewell);
  };
}

function sayFarewell(): void {
  const isFree = [...farewells].map((farewell) => farewell()).every(Boolean);
  if (!isFree) seeToTheEnd();
}

function seeToTheEnd(): void {
  // Once its parent is gone another process is its parent: it kills nobody else.
  const wait = `setTimeout(() => process.ppid === ${process.pid} && process.kill(${process.pid}, 'SIGKILL'), ${LONGEST_END})`;
  const env = { ...process.env, NODE_OPTIONS: '' };
  spawn(process.execPath, ['-e', wait], { detached: true, stdio: 'ignore', env }).unref();
}
