// Takes an lmdb store's write lock, and stops (SIGSTOP) while it holds it.
import { open } from 'lmdb';

const [path] = process.argv.slice(2);
const env = open({ path, maxDbs: 12 });
process.send('ready');
process.once('message', () => {
  env.transactionSync(() => process.kill(process.pid, 'SIGSTOP'));
  process.disconnect();
});
