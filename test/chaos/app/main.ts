import cluster, { type Worker } from 'node:cluster';
import { freePort } from '../../support/free-port.js';
import type { AppSettings, Told } from '../harness/protocol.js';
import { endWithParent } from './parent.js';
import { runApp } from './run-app.js';

const settings = JSON.parse(process.env.CHAOS_APP!) as AppSettings;
endWithParent();

if (cluster.isPrimary && settings.workers) await runCluster(settings.workers);
else await runApp(settings, Number(process.env.CHAOS_PORT ?? 0));

/** So many workers on one port and one store; one that dies is replaced at once. */
async function runCluster(workers: number): Promise<void> {
  // Node's cluster gives each worker that asks for port 0 the same one, but not a later worker.
  const port = await freePort();
  const start = (): Worker => cluster.fork({ CHAOS_PORT: String(port) });
  let ending = false;
  cluster.setupPrimary({ serialization: 'advanced' });
  cluster.on('message', (_, told: Told) => {
    if (process.connected) process.send!(told);
  });
  cluster.on('exit', () => {
    if (!ending) start();
  });
  process.once('SIGTERM', () => {
    ending = true;
    for (const worker of Object.values(cluster.workers!)) worker!.kill('SIGTERM');
    process.disconnect();
  });
  for (let i = 0; i < workers; i += 1) start();
}
