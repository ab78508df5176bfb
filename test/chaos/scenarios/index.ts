import { kills } from './kills.js';
import { outageCut, outageRefused } from './outage.js';
import { powerCuts, powerCutsFlushed } from './power-cuts.js';
import { providerFaults } from './provider-faults.js';
import { redisKills, redisKillsEverySecond } from './redis-kills.js';
import { retryAfter } from './retry-after.js';
import { rival } from './rival.js';
import type { Scenario } from './scenario.js';
import { takeovers } from './takeovers.js';
import { rollingRestarts } from './rolling-restarts.js';
import { sickStorage } from './sick-storage.js';
import { soak } from './soak.js';

/** All scenarios, in the order `npm run chaos` runs them. */
export const scenarios: readonly Scenario[] = [
  kills,
  powerCuts,
  powerCutsFlushed,
  takeovers,
  outageRefused,
  outageCut,
  rival,
  retryAfter,
  providerFaults,
  rollingRestarts,
  sickStorage,
  redisKills,
  redisKillsEverySecond,
  soak,
];
