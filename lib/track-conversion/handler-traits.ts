import { ExecutionContext } from '@nestjs/common';
import {
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
} from '@nestjs/common/constants.js';
import { Reflector } from '@nestjs/core';
import { methodNameOf } from './method-name.js';
import { TRACK_CONVERSION, TrackConversionOptions } from './track-conversion.options.js';

/** What decorators say of a handler. */
export interface HandlerTraits {
  /** Its own, or else its class's; those of `@TrackConversion()` where there are none. */
  readonly options: TrackConversionOptions;
  /** Whether Nest leaves an HTTP answer to it. */
  readonly answersItself: boolean;
  /** Whether a gateway's handler acknowledges by itself. */
  readonly acknowledgesItself: boolean;
  readonly isEventStream: boolean;
}

const DEFAULTS: TrackConversionOptions = {};

/** How Nest numbers the arguments of a handler that are `@Res()` and `@Next()`, and `@Ack()`. */
const ANSWERS_ITSELF = /^[12]:/;
const ACKNOWLEDGES_ITSELF = /^13:/;

// Not injected: where the app runs on another copy of Nest, it has no such provider.
const reflector = new Reflector();

/** By class and function: every login asks, and decorators don't change. */
const known = new WeakMap<object, WeakMap<object, HandlerTraits>>();

export function traitsOf(context: ExecutionContext): HandlerTraits {
  const [type, handler] = [context.getClass(), context.getHandler()];
  const remembered = known.get(type)?.get(handler);
  if (remembered) return remembered;
  const traits = read(context);
  known.set(type, (known.get(type) ?? new WeakMap<object, HandlerTraits>()).set(handler, traits));
  return traits;
}

function read(context: ExecutionContext): HandlerTraits {
  const [type, handler] = [context.getClass(), context.getHandler()];
  const options = reflector.getAllAndOverride<TrackConversionOptions | undefined>(
    TRACK_CONVERSION,
    [handler, type],
  );
  return {
    options: options ?? DEFAULTS,
    answersItself: answersItself(context),
    acknowledgesItself: takes(ACKNOWLEDGES_ITSELF, context),
    isEventStream: Reflect.hasMetadata(SSE_METADATA, handler),
  };
}

/** Whether Nest leaves the answer to the handler, since it takes a bare `@Res()` or `@Next()`. */
function answersItself(context: ExecutionContext): boolean {
  const [type, method] = [context.getClass(), methodNameOf(context)];
  if (method && Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, type, method)) return false;
  return takes(ANSWERS_ITSELF, context);
}

/**
 * Whether an argument of the handler is of such a kind. So it is taken where that can't be told: to
 * report before an answer that says no would be the worse mistake.
 */
function takes(kind: RegExp, context: ExecutionContext): boolean {
  const [type, method] = [context.getClass(), methodNameOf(context)];
  if (method === undefined) return true;
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) ?? {}) as object;
  return Object.keys(args).some((key) => kind.test(key));
}
