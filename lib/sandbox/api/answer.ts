/** What the API answers. `api_id` is added on the way out, as Plivo does with every answer. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** An answer of the form Plivo documents for errors. */
export function failure(status: number, error: string, headers?: Record<string, string>): Answer {
  return { status, body: { error }, headers };
}
