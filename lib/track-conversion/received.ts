import { ExecutionContext } from '@nestjs/common';

/**
 * What a handler received, most telling part first: an HTTP request's body, route parameters and
 * query; for any other kind of handler its arguments (a GraphQL resolver's, a message's data).
 */
function received(context: ExecutionContext): unknown[] {
  switch (context.getType<string>()) {
    case 'http': {
      const { body, params, query } = context.switchToHttp().getRequest<Record<string, unknown>>();
      return [body, params, query];
    }
    case 'graphql':
      return [context.getArgByIndex(1)];
    case 'ws':
      return [context.switchToWs().getData()];
    case 'rpc':
      return [context.switchToRpc().getData()];
    default:
      return context.getArgs();
  }
}

/** What a property path leads to in what a handler received. */
export interface LookedUp {
  readonly value: unknown;
  /** Whether another part of the request says otherwise: which one the handler went by isn't known. */
  readonly contradicted: boolean;
}

/** Looks a property path up in what a handler received. */
export function lookUp(path: string, context: ExecutionContext): LookedUp {
  const keys = path.split('.');
  const found = received(context)
    .map((part) => keys.reduce<unknown>(ownProperty, part))
    .filter((value) => value !== undefined && value !== null);
  const [value] = found;
  return { value, contradicted: found.some((other) => !isSame(other, value)) };
}

/** A number in the body is a string in the query. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (isPrimitive(one) && isPrimitive(other) && String(one) === String(other));
}

function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** Own properties alone: what everything inherits is no answer. */
function ownProperty(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
