import { ExecutionContext } from '@nestjs/common';

/**
 * Name of the method that a handler is, under which Nest keeps what its parameters are. The function
 * may have another name: a decorator of the app wrapped it, or the constructor bound it. Undefined
 * where the class doesn't tell: the constructor wrapped it.
 */
export function methodNameOf(context: ExecutionContext): string | undefined {
  const handler = context.getHandler();
  const { prototype } = context.getClass() as { prototype: object };
  if (valueOf(prototype, handler.name) === handler) return handler.name;
  let known: string | undefined;
  for (let type = prototype; type !== null; type = Object.getPrototypeOf(type) as object) {
    known ??= Object.getOwnPropertyNames(type).find((name) => valueOf(type, name) === handler);
  }
  const bound = handler.name.replace(/^bound /, '');
  return known ?? (bound in prototype ? bound : undefined);
}

/** A getter isn't asked: it may want an instance. */
function valueOf(type: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(type, name)?.value;
}
