// A process of its own that opens a store and reads in it, before an app does: a damaged file can end
// the process that maps it, and another process may sit on the store's write lock for good. Says which
// file it is about to read, a line each, and what it found in a line of JSON; ends by a signal, or not
// at all, where it found that.
import { writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ABORT, open } from 'lmdb';

const [path, gatePath, openOptions, ...names] = process.argv.slice(2);
const options = JSON.parse(openOptions);
/** Entries that are read at each end of a table. */
const ENTRIES = 2_000;

/** Written at once: the next step may end the process. */
function say(line) {
  writeSync(1, `${line}\n`);
}

process.umask(0o077);
// Starts the threads that closing needs: where there can be no more of them, Node ends itself. Better
// here, where no file is blamed for it.
await stat(path);
try {
  say('gate');
  const gate = open({ path: gatePath, ...options });
  let env;
  let tables;
  let readers;
  // Nobody may commit meanwhile: see gate.ts. Here it may wait for the lock on its only thread.
  gate.transactionSync(() => {
    say('store');
    env = open({ path, ...options });
    // Takes those out that are gone.
    env.readerCheck();
    readers = Array.from(env.readerList().matchAll(/^ *(\d+) /gm), ([, pid]) => Number(pid));
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
  say(JSON.stringify({ sound: true, readers }));
  await env.close();
  await gate.close();
} catch (error) {
  say(JSON.stringify({ code: error.code, message: String(error.message) }));
}
