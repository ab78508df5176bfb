import type { SandboxFault } from 'nestjs-conversion-feedback/sandbox';
import type { Provider } from './provider.js';
import type { SeededRandom } from './random.js';

/** Something that is wrong with the provider for a while, until `provider.heal()`. */
export type ProviderTrouble = (provider: Provider, random: SeededRandom) => Promise<void>;

const failing =
  (fault: (random: SeededRandom) => SandboxFault): ProviderTrouble =>
  (provider, random) =>
    provider.fail({ on: 'conversion', times: Infinity, ...fault(random) });

/** Each way in which the provider can be sick. Only reports suffer, unless it is down. */
export const providerTroubles = {
  'refuses connections': (provider: Provider) => provider.down('refuse'),
  'cuts every connection': (provider: Provider) => provider.down('cut'),
  'is slow': failing((random) => ({ delay: random.integer(300, 3_000) })),
  'answers 500': failing(() => ({ status: 500 })),
  'answers 429': failing(() => ({ status: 429, times: 3 })),
  'answers 429 with Retry-After': failing(() => ({ retryAfter: 1, times: 3 })),
  'cuts before the body is taken': failing(() => ({ reset: 'before' })),
  'cuts after the body is taken': failing(() => ({ reset: 'after', times: 30 })),
  'answers with garbage': failing(() => ({ status: 200, body: '<html>gateway</html>' })),
  'answers 401': failing(() => ({ status: 401 })),
} as const satisfies Record<string, ProviderTrouble>;
