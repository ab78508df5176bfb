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
 * Of a handler that answers by itself and hasn't yet: resolves once it has, to false if it never did.
 * Undefined where there is nothing to wait for.
 */
export function ownAnswer(context: ExecutionContext): Promise<boolean> | undefined {
  const response = rawResponse(context);
  if (response.headersSent || response.writableEnded) return undefined;
  return new Promise((resolve) => {
    const ended = (): void => {
      response.off('finish', ended).off('close', ended);
      resolve(response.headersSent);
    };
    response.on('finish', ended).on('close', ended);
  });
}
