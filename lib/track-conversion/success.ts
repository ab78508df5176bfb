/** Properties by which handlers say how it went. */
const VERDICTS = ['success', 'verified', 'valid', 'ok'] as const;

/** Whether a handler's last value means that the verification succeeded. */
export function meansSuccess(value: unknown): boolean {
  if (value === false) return false;
  if (typeof value !== 'object' || value === null) return true;
  return VERDICTS.every((verdict) => (value as Record<string, unknown>)[verdict] !== false);
}
