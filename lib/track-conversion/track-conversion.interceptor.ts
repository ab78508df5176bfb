import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { loggerOf } from '../conversion-feedback.logger.js';
import { DEFAULT_ACCOUNT } from '../conversion-feedback.options.js';
import { ConversionFeedbackService } from '../conversion-feedback.service.js';
import { ConversionStatus } from '../conversion-status.js';
import { VerificationOutcome } from '../storage/conversion-storage.js';
import { HandlerTraits, traitsOf } from './handler-traits.js';
import { hasGoodStatus, isStreamed, isWebResponse, laterAnswer } from './http-response.js';
import { methodNameOf } from './method-name.js';
import { onCompletion } from './on-completion.js';
import { Found, lookUp } from './received.js';
import { eventMeansSuccess, meansSuccess } from './success.js';

/**
 * What `@TrackConversion()` binds; with `@UseInterceptors(TrackConversionInterceptor)` it does the
 * same by its defaults.
 *
 * - It never changes, fails or reorders what the handler returns or throws.
 * - The response leaves once the conversion is recorded, or after `recordTimeout`. Where what it says
 *   isn't known yet (a bare `@Res()`, a web `Response`, an async iterable), the conversion is recorded
 *   once it has left, by its status.
 * - A client that hangs up changes nothing: the code was used, so it is reported; unless nothing tells
 *   what its answer would have been: a bare `@Res()`, or a stream's first chunk, that was still to come.
 */
@Injectable()
export class TrackConversionInterceptor implements NestInterceptor {
  /**
   * Names of handlers of which a fault was logged: a line each, not one a request. A controller that is
   * made for each request may have functions of its own.
   */
  readonly #complained = new Set<string>();

  /** Name of the account whose messages it settles. */
  protected readonly account: string = DEFAULT_ACCOUNT;

  constructor(private readonly feedback: ConversionFeedbackService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const traits = traitsOf(context);
    // A class may name one account and a handler of it another: the handler's interceptor is here too.
    const isOurs = (traits.options.name ?? DEFAULT_ACCOUNT) === this.account;
    if (!isOurs || !this.#isReal() || isBoundFurtherOut(context)) return next.handle();
    const type = context.getType<string>();
    const passage = {
      cancellable: traits.isEventStream,
      lastValueWaits: type === 'ws' || type === 'rpc',
    };
    return next.handle().pipe(
      onCompletion((last, hasValue) => {
        // Nest answers 500 where a handler completes without a value.
        if (!hasValue && (type === 'http' || type === 'graphql')) return undefined;
        return this.#completed(traits, context, last);
      }, passage),
    );
  }

  /** A double that a test puts in the service's place records nothing. */
  #isReal(): boolean {
    return ConversionFeedbackService.isReal(this.feedback);
  }

  /** Returns what the response waits for, if anything. Never throws or rejects. */
  #completed(
    traits: HandlerTraits,
    context: ExecutionContext,
    last: unknown,
  ): Promise<void> | undefined {
    const timestamp = this.feedback.now();
    try {
      const answer =
        context.getType() === 'http' && (traits.answersItself || isStreamed(last))
          ? laterAnswer(context)
          : undefined;
      if (!answer) return this.#conclude(traits, context, last, timestamp);
      void answer
        .then((answered) => {
          const conclude = () => this.#conclude(traits, context, last, timestamp);
          if (answered) return conclude();
          // Nobody heard it, but it says what it was to be.
          if (isWebResponse(last)) return last.status < 400 ? conclude() : undefined;
          return this.#unmatched(context, 'the client left before the handler had answered');
        })
        .catch((error) => this.#unreadable(context, error));
      return undefined;
    } catch (error) {
      return this.#unreadable(context, error);
    }
  }

  #conclude(
    { options, isEventStream, acknowledgesItself }: HandlerTraits,
    context: ExecutionContext,
    last: unknown,
    timestamp: Date,
  ): Promise<void> | undefined {
    const type = context.getType();
    if (type === 'http' && !hasGoodStatus(context)) return undefined;
    if (type === 'ws' && acknowledgesItself && last === undefined && !options.when) {
      return this.#unmatched(
        context,
        'what it says by @Ack() can’t be seen: return the answer, or tell success by `when`',
      );
    }
    const {
      when,
      verificationId = 'verificationId',
      messageUuid,
      status = ConversionStatus.CONVERTED,
    } = options;
    const succeeded = isEventStream || type === 'ws' ? eventMeansSuccess : meansSuccess;
    if (!when && !messageUuid && typeof verificationId === 'string') {
      if (!succeeded(last)) return undefined;
      return new Promise((leave) => {
        void this.feedback.endOfTurn().then(() => {
          try {
            this.#settle(context, lookUp(verificationId, context), { status, timestamp }, leave);
          } catch (error) {
            leave();
            this.#unreadable(context, error);
          }
        });
      });
    }
    const asked = async (): Promise<void> => {
      if (!(when ? await when(last, context) : succeeded(last))) return;
      const found =
        typeof verificationId === 'string'
          ? lookUp(verificationId, context)
          : foundByFunction(await verificationId(last, context));
      const named = await messageUuid?.(last, context);
      const rest = { status, timestamp, messageUuid: named };
      await new Promise<void>((leave) => this.#settle(context, found, rest, leave));
    };
    return this.feedback.waitAtMost(
      asked().catch((error) =>
        this.#fault(context, 'a function given to @TrackConversion threw', error),
      ),
    );
  }

  /** @param leave is called once: when the response needn't wait any more */
  #settle(
    context: ExecutionContext,
    found: Found,
    { status, timestamp, messageUuid }: Omit<VerificationOutcome, 'verificationId'>,
    leave: () => void,
  ): void {
    if ('unmatched' in found) {
      this.#unmatched(context, found.unmatched);
      return leave();
    }
    const { id } = found;
    // Beyond the safe integers JSON's numbers have lost digits: the id could be another one's.
    const verificationId = (Number.isSafeInteger(id) ? String(id) : id) as string;
    const outcome = { verificationId, status, timestamp, messageUuid };
    const fault = this.feedback.faultOf(outcome);
    if (fault !== undefined) {
      this.#unmatched(context, fault);
      return leave();
    }
    this.feedback.settle(outcome, leave);
  }

  #unreadable(context: ExecutionContext, error: unknown): undefined {
    return this.#fault(context, 'what the handler received or returned can’t be read', error);
  }

  /** Something of the app's threw. Its message isn't ours to print: it may hold anything. */
  #fault(context: ExecutionContext, what: string, error: unknown): undefined {
    const name = error instanceof Error ? error.name : typeof error;
    return this.#unmatched(context, `${what} (${name}): nothing is reported`);
  }

  #unmatched(context: ExecutionContext, reason: string): undefined {
    this.feedback.unmatched(reason);
    const handler = `${context.getClass().name}.${methodNameOf(context) ?? context.getHandler().name}`;
    if (this.#complained.has(handler)) return;
    this.#complained.add(handler);
    loggerOf(this.account).warn(`${handler}: ${reason} (said once a handler)`);
  }
}

/** Marks the context of a handler whose outcome an interceptor looks at. */
const LOOKED_AT = Symbol('LOOKED_AT');

/** Whether the interceptor is bound more than once: the outermost one looks. */
function isBoundFurtherOut(context: ExecutionContext & { [LOOKED_AT]?: true }): boolean {
  if (context[LOOKED_AT]) return true;
  context[LOOKED_AT] = true;
  return false;
}

function foundByFunction(id: string | undefined): Found {
  if (id !== undefined && id !== null) return { id };
  return { unmatched: 'no verification id: the function `verificationId` found none' };
}
