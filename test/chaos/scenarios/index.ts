import { kills } from './kills.js';
import type { Scenario } from './scenario.js';

/** All scenarios, in the order `npm run chaos` runs them. */
export const scenarios: readonly Scenario[] = [kills];
