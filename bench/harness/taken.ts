import type { Provider } from '../processes/provider.js';
import { assertRight } from '../rows/row.js';
import type { Remote } from './remote.js';

/** Asserts that the provider got so many reports and nothing else, and has it forget them. */
export async function assertTaken(provider: Remote<Provider>, count: number): Promise<void> {
  const { distinct, wrong } = await provider.ask('taken');
  assertRight(wrong.length === 0, `the provider got what is no report: ${wrong[0]}`);
  assertRight(distinct === count, `${distinct} of ${count} reports came`);
  await provider.ask('reset');
}
