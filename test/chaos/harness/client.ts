/** An answer of the app's. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Longest wait of a client, in ms. */
const PATIENCE = 15_000;

/** Posts JSON to the app; undefined where no answer came: nobody knows what became of it. */
export async function post(url: string, body: object): Promise<Answer | undefined> {
  const headers = { 'content-type': 'application/json' };
  return ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Gets JSON from the app; undefined where no answer came. */
export async function get(url: string): Promise<Answer | undefined> {
  return ask(url, {});
}

async function ask(url: string, request: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(PATIENCE) });
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body };
  } catch {
    return undefined;
  }
}
