// A process of its own that opens a store and reads in it, before an app does: a damaged file can end
// the process that maps it, and another process may sit on the store's write lock for good. Says what
// it found in one line of JSON; ends by a signal, or not at all, where it found that.
import { ABORT, open } from 'lmdb';

const [path, ...tables] = process.argv.slice(2);
/** Entries that are read at each end of a table. */
const ENTRIES = 2_000;

process.umask(0o077);
process.stdout.write('begun\n');
try {
  const env = open({ path, maxDbs: 12, overlappingSync: false });
  for (const name of tables) {
    const table = env.openDB({ name, encoding: 'binary' });
    for (const reverse of [false, true]) {
      for (const { value } of table.getRange({ reverse, limit: ENTRIES })) value.at(0);
    }
  }
  // Makes it look through the list of free pages. Nothing is written.
  env.transactionSync(() => {
    env.putSync('check', Buffer.alloc(1_048_576));
    return ABORT;
  });
  await env.close();
  process.stdout.write(JSON.stringify({ sound: true }));
} catch (error) {
  process.stdout.write(JSON.stringify({ code: error.code, message: String(error.message) }));
}
