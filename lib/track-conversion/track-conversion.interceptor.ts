import { CallHandler, ExecutionContext, Injectable, Logger, NestInterceptor } from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { Reflector } from '@nestjs/core';
import { Observable } from 'rxjs';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { ConversionStatus } from '../conversion-status.js';
import { VerificationOutcome } from '../storage/conversion-storage.js';
import { hasGoodStatus, ownAnswer } from './http-response.js';
import { onCompletion } from './on-completion.js';
import { LookedUp, lookUp } from './received.js';
import { meansSuccess } from './success.js';
import { TRACK_CONVERSION, TrackConversionOptions } from './track-conversion.options.js';

/** Options of a handler that has none: those of `@TrackConversion()`. */
const DEFAULTS: TrackConversionOptions = {};

/**
 * What `@TrackConversion()` binds; with `@UseInterceptors(TrackConversionInterceptor)` it does the
 * same by its defaults.
 *
 * - It never changes, fails or reorders what the handler returns or throws.
 * - The response leaves once the conversion is recorded, or after `recordTimeout`. A handler with a
 *   bare `@Res()` answers by itself: its conversion is recorded once it has.
 * - A client that hangs up changes nothing: the code was used, so it is reported.
 */
@Injectable()
export class TrackConversionInterceptor implements NestInterceptor {
  readonly #logger = new Logger('ConversionFeedback');
  /** Handlers of which a fault was logged: a line each, not one a request. */
  readonly #complained = new Set<unknown>();

  constructor(
    private readonly reflector: Reflector,
    private readonly feedback: ConversionFeedbackService,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler = context.getHandler();
    const options =
      this.reflector.getAllAndOverride<TrackConversionOptions | undefined>(TRACK_CONVERSION, [
        handler,
        context.getClass(),
      ]) ?? DEFAULTS;
    const endless = Reflect.hasMetadata(SSE_METADATA, handler);
    return next
      .handle()
      .pipe(onCompletion((last) => this.#completed(options, context, last), endless));
  }

  /** Returns what the response waits for, if anything. Never throws or rejects. */
  #completed(
    options: TrackConversionOptions,
    context: ExecutionContext,
    last: unknown,
  ): Promise<void> | undefined {
    const timestamp = new Date();
    const conclude = () => this.#conclude(options, context, last, timestamp);
    try {
      const answer = context.getType() === 'http' ? ownAnswer(context) : undefined;
      if (!answer) return conclude();
      void answer
        .then((answered) => (answered ? conclude() : undefined))
        .catch((error) => this.#fault(context, error));
      return undefined;
    } catch (error) {
      this.#fault(context, error);
      return undefined;
    }
  }

  #conclude(
    options: TrackConversionOptions,
    context: ExecutionContext,
    last: unknown,
    timestamp: Date,
  ): Promise<void> | undefined {
    if (context.getType() === 'http' && !hasGoodStatus(context)) return undefined;
    const {
      when,
      verificationId = 'verificationId',
      messageUuid,
      status = ConversionStatus.CONVERTED,
    } = options;
    if (!when && !messageUuid && typeof verificationId === 'string') {
      if (!meansSuccess(last)) return undefined;
      return this.#settle(context, lookUp(verificationId, context), { status, timestamp });
    }
    const asked = async (): Promise<void> => {
      if (!(when ? await when(last, context) : meansSuccess(last))) return;
      const found =
        typeof verificationId === 'string'
          ? lookUp(verificationId, context)
          : { value: await verificationId(last, context), contradicted: false };
      const named = await messageUuid?.(last, context);
      await this.#settle(context, found, { status, timestamp, messageUuid: named });
    };
    return this.feedback.waitAtMost(asked().catch((error) => this.#fault(context, error)));
  }

  #settle(
    context: ExecutionContext,
    { value, contradicted }: LookedUp,
    rest: Omit<VerificationOutcome, 'verificationId'>,
  ): Promise<void> | undefined {
    // Beyond the safe integers JSON's numbers have lost digits: the id could be another one's.
    const id = Number.isSafeInteger(value) ? String(value) : value;
    const outcome = { ...rest, verificationId: id as string };
    const unmatched = contradicted
      ? 'the parts of the request name different verifications'
      : id === undefined || id === null
        ? 'no verification id was found in what the handler received'
        : this.feedback.faultOf(outcome);
    if (!unmatched) return this.feedback.settle(outcome);
    this.feedback.unmatched(unmatched);
    this.#complain(context, unmatched);
    return undefined;
  }

  /** A function of the app's threw. Its message isn't ours to print: it may hold anything. */
  #fault(context: ExecutionContext, error: unknown): void {
    const name = error instanceof Error ? error.name : typeof error;
    const reason = `a function given to @TrackConversion threw (${name}): nothing is reported`;
    this.feedback.unmatched(reason);
    this.#complain(context, reason);
  }

  #complain(context: ExecutionContext, reason: string): void {
    const handler = context.getHandler();
    if (this.#complained.has(handler)) return;
    this.#complained.add(handler);
    this.#logger.warn(
      `${context.getClass().name}.${handler.name}: ${reason} (said once a handler)`,
    );
  }
}
