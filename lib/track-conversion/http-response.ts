import { ServerResponse } from 'node:http';
import { ExecutionContext } from '@nestjs/common';
import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { methodNameOf } from './method-name.js';

/** How Nest numbers the arguments of a handler that are `@Res()` and `@Next()`. */
const ANSWERS_ITSELF = /^[12]:/;

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
 * Whether Nest leaves the answer to the handler, since it takes a bare `@Res()` or `@Next()`. So it is
 * taken where that can't be told: to report before an answer that says no would be the worse mistake.
 */
function answersItself(context: ExecutionContext): boolean {
  const [type, method] = [context.getClass(), methodNameOf(context)];
  if (method === undefined) return true;
  if (Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, type, method)) return false;
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) ?? {}) as object;
  return Object.keys(args).some((key) => ANSWERS_ITSELF.test(key));
}

/**
 * Where the handler answers by itself and hasn't yet: resolves once it has, to false if it never
 * did. Undefined where there is nothing to wait for.
 */
export function ownAnswer(context: ExecutionContext): Promise<boolean> | undefined {
  if (!answersItself(context)) return undefined;
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
