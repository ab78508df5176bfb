import { awaiting } from './awaiting.js';
import { boot } from './boot.js';
import { bullmq } from './bullmq/index.js';
import { bullmqMillion } from './bullmq/million.js';
import { cpuExpress, cpuFastify } from './cpu.js';
import { deliveryCpu } from './delivery-cpu.js';
import { drain } from './drain.js';
import { halfLoad } from './half-load.js';
import { lock } from './lock.js';
import { lone } from './lone.js';
import { million } from './million.js';
import { outage } from './outage.js';
import type { Row } from './row.js';
import { settling } from './settling.js';

/** All rows, in the order `npm run bench` measures them. */
export const rows: readonly Row[] = [
  cpuExpress,
  cpuFastify,
  halfLoad,
  awaiting,
  lone,
  lock,
  drain,
  deliveryCpu,
  settling,
  million,
  boot,
  bullmq,
  bullmqMillion,
  outage,
];
