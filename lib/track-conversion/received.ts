import { ExecutionContext } from '@nestjs/common';

/** The parts of what a handler received, most telling one first, by the words we have for them. */
type Parts = Record<string, unknown>;

/**
 * What a handler received: of an HTTP request its body, route parameters and query; of a GraphQL
 * resolver its arguments; of a message its data; of any other kind of handler all its arguments.
 */
function received(context: ExecutionContext): Parts {
  switch (context.getType<string>()) {
    case 'http': {
      const { body, params, query } = context.switchToHttp().getRequest<Record<string, unknown>>();
      return { 'the body': body, 'the route’s parameters': params, 'the query': query };
    }
    case 'graphql':
      return { 'the resolver’s arguments': context.getArgByIndex(1) };
    case 'ws':
      return { 'the message’s data': context.switchToWs().getData() };
    case 'rpc':
      return { 'the message’s data': context.switchToRpc().getData() };
    default:
      return Object.fromEntries(
        context.getArgs().map((arg, index) => [`argument ${index + 1}`, arg]),
      );
  }
}

/** A verification's id, as found, or why there is none. */
export type Found = { readonly id: unknown } | { readonly unmatched: string };

/** Looks a property path up in what a handler received. */
export function lookUp(path: string, context: ExecutionContext): Found {
  const parts = received(context);
  const keys = path.split('.');
  const [id, ...others] = Object.values(parts)
    .map((part) => keys.reduce<unknown>(ownProperty, part))
    .filter((value) => value !== undefined && value !== null);
  if (id === undefined) {
    const places = Object.keys(parts).join(', ') || 'what the handler received';
    return { unmatched: `no verification id: there is no ${JSON.stringify(path)} in ${places}` };
  }
  // Which one the handler went by isn't known.
  if (others.some((other) => !isSame(other, id))) {
    return { unmatched: 'the parts of the request name different verifications' };
  }
  return { id };
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
