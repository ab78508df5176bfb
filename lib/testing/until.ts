/**
 * Looks again and again until a condition holds.
 * @param timeout ms until it rejects; the default leaves that to the test's own timeout
 */
export async function until(condition: () => Promise<boolean>, timeout = Infinity): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${timeout} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
