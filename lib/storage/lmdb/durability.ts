/**
 * - `committed`: survives the end of the process, however it ends, once recorded; a power cut may
 *   take the last milliseconds.
 * - `flushed`: survives a power cut as well; each write waits for the disk.
 */
export type Durability = 'committed' | 'flushed';
