type BullMQ = typeof import('bullmq');

/** What it says, for versions that give no code: 5.40, for one. */
const SAID = /^(?:Missing (?:key|lock) for|Lock mismatch for) job |^Job .+ is not in the /;

/**
 * Whether it is BullMQ's word that a job isn't the worker's any more: it is gone, or its lock has run
 * out, and another worker has it or will get it. However often that is asked, it stays so.
 */
export function isLost({ ErrorCode }: BullMQ, error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === undefined) return SAID.test(String(message));
  const { JobNotExist, JobLockNotExist, JobNotInState, JobLockMismatch } = ErrorCode;
  const codes: unknown[] = [JobNotExist, JobLockNotExist, JobNotInState, JobLockMismatch];
  return codes.includes(code);
}
