// A thread that holds the write lock of a store's gate for as long as its app asks: see gate.ts. It
// may wait for the lock as long as it takes; the event loop and lmdb's own threads don't.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { ABORT, open } from 'lmdb';

const { path, openOptions, shared } = workerData;
const PASS = 0;
const GONE = 1;
const CLOSED = -1;

const env = open({ path, ...openOptions });
for (const name of ['data.mdb', 'lock.mdb']) chmodSync(join(path, name), 0o600);
parentPort.postMessage('open');

/** Waits while the number is the same. It may be woken for a number that it has seen already. */
function another(than) {
  while (Atomics.load(shared, PASS) === than) Atomics.wait(shared, PASS, than);
  return Atomics.load(shared, PASS);
}

for (let pass = 0; ;) {
  pass = another(pass);
  if (pass === CLOSED) break;
  const isAsked = pass % 2 === 1;
  if (!isAsked) continue;
  env.transactionSync(() => {
    parentPort.postMessage(pass);
    another(pass);
    return ABORT;
  });
}
await env.close();
Atomics.store(shared, GONE, 1);
Atomics.notify(shared, GONE);
process.exit();
