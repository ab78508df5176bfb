// Passes a store's gate again and again, and says when it was within: in ms of the machine's own clock.
import { Gate } from '../../../dist/esm/storage/lmdb/gate.js';

const [path] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;
const gate = Gate.open(path);
for (;;) {
  await gate.pass(async () => {
    const from = now();
    process.send({ entered: true });
    // Others have time to come in, if they can.
    await new Promise((resolve) => setImmediate(resolve));
    process.send({ from, to: now() });
  });
}
