import { ServerResponse } from 'node:http';
import { ExecutionContext } from '@nestjs/common';

/** Node's own response below Express's or Fastify's. */
function rawResponse(context: ExecutionContext): ServerResponse {
  const response = context.switchToHttp().getResponse<ServerResponse & { raw?: ServerResponse }>();
  return response.raw ?? response;
}

/** Whether the status that an HTTP response has, or will leave with, means success. */
export function hasGoodStatus(context: ExecutionContext): boolean {
  const response = context.switchToHttp().getResponse<{ statusCode?: number }>();
  return (response.statusCode ?? 200) < 400;
}

/**
 * Whether Nest sends a value as it is produced: a web `Response`, a `ReadableStream`, a generator or
 * another async iterable. None of its code has run when the handler has returned it, and until the first
 * chunk is there an error answers instead.
 */
export function isStreamed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { [Symbol.asyncIterator]: iterator, then } = value as Partial<
    AsyncIterable<unknown> & PromiseLike<unknown>
  >;
  return (typeof iterator === 'function' && typeof then !== 'function') || isWebResponse(value);
}

/** Another realm's or another package's as well. */
export function isWebResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === '[object Response]';
}

/**
 * Of a response that hasn't begun to leave: resolves once it has left, to false if it never did.
 * Undefined where there is nothing to wait for.
 */
export function laterAnswer(context: ExecutionContext): Promise<boolean> | undefined {
  const response = rawResponse(context);
  if (response.headersSent || response.writableEnded) return undefined;
  if (response.closed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const ended = (): void => {
      response.off('finish', ended).off('close', ended);
      resolve(response.headersSent);
    };
    response.on('finish', ended).on('close', ended);
  });
}
