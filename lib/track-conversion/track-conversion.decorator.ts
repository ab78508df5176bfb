import { SetMetadata, UseInterceptors, applyDecorators } from '@nestjs/common';
import { interceptorOf } from './named-interceptors.js';
import { TRACK_CONVERSION, TrackConversionOptions } from './track-conversion.options.js';

/**
 * When this handler succeeds, its verification is settled: the message whose code was typed is
 * reported CONVERTED. On a class: each of its handlers. The options of a handler take the place of
 * its class's.
 */
export function TrackConversion<Result = unknown>(
  options: TrackConversionOptions<Result> = {},
): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(TRACK_CONVERSION, options),
    UseInterceptors(interceptorOf(options.name)),
  );
}
