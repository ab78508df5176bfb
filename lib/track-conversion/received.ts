import { ExecutionContext } from '@nestjs/common';

/**
 * What a handler received, most telling part first: of an HTTP request its body, route parameters and
 * query; of a GraphQL resolver its arguments; of a message its data; of any other kind of handler all
 * its arguments.
 */
function received(context: ExecutionContext): readonly unknown[] {
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

/** Our words for the parts. */
function placesIn(context: ExecutionContext): string {
  switch (context.getType<string>()) {
    case 'http':
      return 'the body, the route’s parameters, the query';
    case 'graphql':
      return 'the resolver’s arguments';
    case 'ws':
    case 'rpc':
      return 'the message’s data';
    default:
      return (
        context
          .getArgs()
          .map((_, index) => `argument ${index + 1}`)
          .join(', ') || 'what the handler received'
      );
  }
}

/** A verification's id, as found, or why there is none. */
export type Found = { readonly id: unknown } | { readonly unmatched: string };

/** Looks a property path up in what a handler received. */
export function lookUp(path: string, context: ExecutionContext): Found {
  const keys = path.split('.');
  let id: unknown;
  for (const part of received(context)) {
    let value = part;
    for (const key of keys) value = ownProperty(value, key);
    if (value === undefined || value === null) continue;
    // Which one the handler went by isn't known.
    if (id !== undefined && !isSame(value, id)) {
      return { unmatched: 'the parts of the request name different verifications' };
    }
    id ??= value;
  }
  if (id !== undefined) return { id };
  return {
    unmatched: `no verification id: there is no ${JSON.stringify(path)} in ${placesIn(context)}`,
  };
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
