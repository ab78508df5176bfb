import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { endWithParent } from './parent.js';

const path = process.env.CHAOS_STORE!;

endWithParent();
// The mark that a process of the app leaves for as long as it has the store open.
writeFileSync(join(path, `in-use-${process.pid}-lock-holder`), '');
const env = open({ path, maxDbs: 12 });
process.once('message', () => {
  env.transactionSync(() => process.kill(process.pid, 'SIGSTOP'));
});
process.send!('ready');
