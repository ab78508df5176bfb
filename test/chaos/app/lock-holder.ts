import { open } from 'lmdb';
import { endWithParent } from './parent.js';

endWithParent();
const env = open({ path: process.env.CHAOS_STORE!, maxDbs: 12 });
process.once('message', () => {
  env.transactionSync(() => process.kill(process.pid, 'SIGSTOP'));
});
process.send!('ready');
