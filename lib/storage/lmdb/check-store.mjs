// A process of its own that opens a store and reads in it, before an app does: a damaged file can end
// the process that maps it, and another process may sit on the store's write lock for good. Says what
// it found in one line of JSON; ends by a signal, or not at all, where it found that.
import { ABORT, open } from 'lmdb';

const [path, gatePath, openOptions, ...names] = process.argv.slice(2);
const options = JSON.parse(openOptions);
/** Entries that are read at each end of a table. */
const ENTRIES = 2_000;

process.umask(0o077);
process.stdout.write('begun\n');
try {
  const gate = open({ path: gatePath, ...options });
  process.stdout.write('at the gate\n');
  let env;
  let tables;
  // Nobody may commit meanwhile: see gate.ts. Here it may wait for the lock on its only thread.
  gate.transactionSync(() => {
    env = open({ path, ...options });
    tables = names.map((name) => env.openDB({ name, encoding: 'binary' }));
    return ABORT;
  });
  for (const table of tables) {
    for (const reverse of [false, true]) {
      for (const { value } of table.getRange({ reverse, limit: ENTRIES })) value.at(0);
    }
  }
  // Makes it look through the list of free pages. Nothing is written. Who opens the store waits for
  // its lock on the event loop: nobody may take it out here.
  gate.transactionSync(() =>
    env.transactionSync(() => {
      env.putSync('check', Buffer.alloc(1_048_576));
      return ABORT;
    }),
  );
  await env.close();
  await gate.close();
  process.stdout.write(JSON.stringify({ sound: true }));
} catch (error) {
  process.stdout.write(JSON.stringify({ code: error.code, message: String(error.message) }));
}
