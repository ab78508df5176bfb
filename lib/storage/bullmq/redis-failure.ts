/**
 * What Redis or its client said, as an error of its own. Theirs carries the command that failed: the
 * password where that was AUTH, and ids where it was a script.
 */
export function failureOf(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(message.includes('enableOfflineQueue') ? 'it is away' : message);
}
