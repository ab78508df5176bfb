/**
 * - `committed`: survives the end of the process, however it ends, once recorded; a power cut may
 *   take the last milliseconds.
 * - `flushed`: survives a power cut as well; each write waits for the disk.
 *
 * At present each commit is flushed either way: lmdb's quicker mode lost commits of one process while
 * another one opened the store. `flushed` alone promises it.
 */
export type Durability = 'committed' | 'flushed';
