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

/** Looks a property path up in what a handler received. */
export function lookUp(path: string, context: ExecutionContext): unknown {
  const keys = path.split('.');
  for (const part of received(context)) {
    const value = keys.reduce<unknown>(ownProperty, part);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** Own properties alone: what everything inherits is no answer. */
function ownProperty(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
