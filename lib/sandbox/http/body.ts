import type { IncomingMessage } from 'node:http';

/** Largest request body that is read. */
export const BODY_LIMIT = 64 * 1024;

/** The body was larger than {@link BODY_LIMIT}. */
export class BodyTooLargeError extends Error {}

/** Reads a body as text; refuses what is too large without keeping it. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early destroys the request, and with it the way to answer.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT) {
        chunks.length = 0;
        reject(new BodyTooLargeError(`a body may hold ${BODY_LIMIT} bytes`));
      } else {
        chunks.push(chunk);
      }
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client left')));
  });
  return Buffer.concat(chunks).toString('utf8');
}

/** Whether the body is declared as JSON. */
export function isJson(request: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}
