/**
 * Does something for each number from 0 to below `count`, by so many callers at once, each of which
 * waits for one to be done before the next.
 */
export async function byCallers(
  callers: number,
  count: number,
  act: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
